// Addresses as text: whatever is accepted must print as something that reads back as the same
// address.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "gossip/endpoint.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(data, data + size);
    const auto parsed = memberd::parse_endpoint(text);
    if (parsed && memberd::parse_endpoint(memberd::to_string(*parsed)) != parsed) {
        std::abort();
    }
    const auto parts = memberd::split_host_port(text);
    if (parsed && !parts) {
        std::abort();
    }
    return 0;
}
