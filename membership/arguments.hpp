// The arguments of a request, read strictly: what is missing, unknown or of the wrong type is one
// sentence for a `bad_request`.
//
// Reading goes on after the first error, with empty values; is_ok() says in the end whether they
// count. Thread rule: one thread; the document outlives the reader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "membership/local_protocol.hpp"
#include "membership/ring.hpp"

namespace memberd {

// Any text of an argument: what is echoed in a reply has to fit in it.
inline constexpr std::size_t kTextBytesMax = 4096;

// At most 64 bytes of it, for a message.
std::string shortened(std::string_view text);

class Arguments {
  public:
    enum class Need : std::uint8_t {
        Required,
        Optional
    };

    explicit Arguments(const Document& document) : document_(document) {}

    std::string text(const char* key);
    std::vector<std::string> texts(const char* key, Need need = Need::Required);
    std::map<std::string, std::string> text_map(const char* key);
    // Optional; within [min, max].
    std::uint64_t number(const char* key,
                         std::uint64_t min,
                         std::uint64_t max,
                         std::uint64_t otherwise);
    // Optional: an array of {name, weight, zone}.
    std::vector<RingMember> ring_members(const char* key);

    [[nodiscard]] bool is_ok() const { return error_.empty(); }

    // To be asked after all arguments were read: is_ok(), and nothing else was given.
    [[nodiscard]] bool all_known();

    [[nodiscard]] const std::string& error() const { return error_; }

  private:
    const Document* find(const char* key, Need need);
    void fail(std::string sentence);
    RingMember ring_member(const Document& entry);

    const Document& document_;
    std::set<std::string> read_;
    std::string error_;
};

}  // namespace memberd
