// Counts values with msgpack's own decoder, which knows nothing of shortest forms and limits: equal
// counts show that a re-encoded message left nothing out.
#pragma once

#include <cstddef>

#include <msgpack.hpp>

#include "gossip/transport.hpp"

namespace memberd::tests {

inline std::size_t value_count(const msgpack::object& value) {
    std::size_t count = 1;
    if (value.type == msgpack::type::ARRAY) {
        for (const auto& element : value.via.array) {
            count += value_count(element);
        }
    } else if (value.type == msgpack::type::MAP) {
        for (const auto& [key, element] : value.via.map) {
            count += value_count(key) + value_count(element);
        }
    }
    return count;
}

// Of well-formed bytes that are one value; throws for others.
inline std::size_t value_count(Bytes bytes) {
    std::size_t used = 0;
    const auto handle =
        msgpack::unpack(reinterpret_cast<const char*>(bytes.data()), bytes.size(), used);
    if (used != bytes.size()) {
        throw msgpack::parse_error("bytes behind the value");
    }
    return value_count(handle.get());
}

}  // namespace memberd::tests
