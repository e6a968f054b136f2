// Evidence from other members: what their flight recorders hold about a suspected member, asked for
// by whoever was asked `why` and may have observed nothing itself.
//
// Keeps nothing of a question: its answers carry the asker's cookie. What is answered is bounded in
// a message (kEvidenceCountMax entries) and in a second (kEvidenceAnsweredASecond messages), and
// goes to members alone, on the connection of the request. Thread rule: one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "detector/time.hpp"
#include "gossip/core.hpp"
#include "gossip/messages.hpp"
#include "gossip/roster.hpp"
#include "gossip/transport.hpp"

namespace memberd {

class EvidenceExchange {
  public:
    explicit EvidenceExchange(Core& core) : core_(core) {}

    // Engine::ask_evidence. O(n + entries of the recorder).
    std::vector<std::string> ask(std::string_view subject, std::uint64_t cookie);

    // `sender` is kNoSlot for who is no member that is known here. One that is held dead is
    // answered: it may be asked why.
    void on_request(const EvidenceRequest& request, ReplyToken token, Slot sender);
    void on_evidence(const Evidence& evidence, Slot sender);

  private:
    [[nodiscard]] std::vector<Slot> witnesses(std::string_view subject) const;
    [[nodiscard]] std::vector<Slot> named_in_own_evidence(std::string_view subject) const;
    [[nodiscard]] bool may_answer();

    Core& core_;
    Instant second_began_ = Instant::min();
    std::uint32_t answered_ = 0;  // in that second
};

}  // namespace memberd
