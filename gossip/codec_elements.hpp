// Reading the fields and list elements that messages are made of. Part of the decoder: codec.hpp is
// what others use.
//
// Everything here fails the reader on bytes beyond the limits of messages.hpp and allocates
// nothing.
#pragma once

#include <cstdint>
#include <string_view>

#include "gossip/messages.hpp"
#include "gossip/wire.hpp"

namespace memberd::wire {

std::uint32_t read_u32(Reader& reader);
std::uint64_t read_u64(Reader& reader);
std::string_view read_name(Reader& reader);      // not empty
std::uint64_t read_instance(Reader& reader);     // not 0
std::uint64_t read_generation(Reader& reader);   // 1 to kGenerationMax
std::uint32_t read_incarnation(Reader& reader);  // at most kIncarnationMax

// The head of an array of `known` elements or more; returns how many more, to be passed over with
// skip_appended() once the known ones are read.
std::uint32_t read_head(Reader& reader, std::uint32_t known);
void skip_appended(Reader& reader, std::uint32_t count);

// One element of a list; false, with the reader failed, if there is none.
bool read_element(Reader& reader, SuspicionEntry& entry);
bool read_element(Reader& reader, ListingEntry& entry);
bool read_element(Reader& reader, std::uint64_t& key);  // of Wanted
bool read_element(Reader& reader, SyncItem& item);
bool read_element(Reader& reader, Update& update);
bool read_element(Reader& reader, EvidenceItem& item);

// Walks a list of `count` elements once, to validate it.
template <typename Stored, typename Element = Stored>
EncodedList<Stored> read_elements(Reader& reader, std::uint32_t count) {
    const std::size_t start = reader.position();
    Element element{};
    for (std::uint32_t i = 0; i < count && reader.ok(); ++i) {
        read_element(reader, element);
    }
    return {reader.since(start), count};
}

}  // namespace memberd::wire
