#include "tests/unit/support/ctl_documents.hpp"

#include <algorithm>

#include "cli/ctl/text.hpp"

namespace memberd::ctl {

Document member_document(const std::string& name, const std::string& state) {
    return {{"name", name},
            {"id", "00000000000000aa"},
            {"address", "127.0.0.1:7751"},
            {"state", state},
            {"generation", 7},
            {"incarnation", 1},
            {"zone", ""},
            {"weight", 1.0},
            {"tags", Document::object()},
            {"health", "ready"},
            {"phi", nullptr},
            {"rtt_ms", nullptr},
            {"since", "2026-01-02T02:56:48.000000Z"}};
}

WallTime test_now() {
    return *parse_time("2026-01-02T03:00:00Z");
}

std::size_t widest_line(const std::string& text) {
    std::size_t widest = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        widest = std::max(widest, width(text.substr(begin, end - begin)));
        begin = end + 1;
    }
    return widest;
}

bool has_trailing_blanks(const std::string& text) {
    return text.find(" \n") != std::string::npos || text.ends_with(' ');
}

}  // namespace memberd::ctl
