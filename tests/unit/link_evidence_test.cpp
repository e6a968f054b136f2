// A link that works one way only: said, and kept as evidence.
#include <gtest/gtest.h>

#include "tests/unit/support/engine_rig.hpp"

namespace memberd::tests {
namespace {

using namespace std::chrono_literals;

std::vector<EvidenceEntry> kept(const EngineRig& rig, EvidenceKind kind) {
    std::vector<EvidenceEntry> found;
    for (const EvidenceEntry& entry : rig.engine.flight_recorder().about("p00")) {
        if (entry.kind == kind) {
            found.push_back(entry);
        }
    }
    return found;
}

TEST(LinkEvidence, IsKeptOfALinkThatBreaksAndMends) {
    EngineRig rig;
    rig.add_many(8);
    rig.run_for(30s);
    Peer& x = rig.peer("p00");
    x.answers = false;
    // Whoever is asked for help reaches it.
    for (int i = 0; i < 50 && rig.noticed(NoticeKind::LinkBroken) == nullptr; ++i) {
        const Sent* request = rig.run_until_sent<PingReq>(60s);
        ASSERT_NE(request, nullptr);
        const PingReq asked = request->body<PingReq>();
        const std::uint32_t sequence = asked.sequence;
        const Endpoint helper = request->to;
        rig.run_for(5ms);
        rig.hear_alive(rig.peer_at(helper), {"p00", x.profile.instance, sequence, 2});
    }
    ASSERT_NE(rig.noticed(NoticeKind::LinkBroken), nullptr);
    const auto broken = kept(rig, EvidenceKind::LinkBroken);
    ASSERT_EQ(broken.size(), 1U);
    EXPECT_EQ(broken[0].at, rig.now);
    EXPECT_TRUE(broken[0].other.starts_with("p0")) << broken[0].other;
    EXPECT_TRUE(kept(rig, EvidenceKind::LinkMended).empty());

    x.answers = true;
    rig.run_for(60s);
    ASSERT_NE(rig.noticed(NoticeKind::LinkMended), nullptr);
    EXPECT_EQ(kept(rig, EvidenceKind::LinkMended).size(), 1U);
}

}  // namespace
}  // namespace memberd::tests
