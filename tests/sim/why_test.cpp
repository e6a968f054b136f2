// Why is a member dead? Asked at one that saw nothing of it.
#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "tests/sim/support/cluster_case.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

constexpr Member kVictim = 7;

// Evidence of its own eyes or ears beside the death itself.
bool has_observed(const Cluster& cluster, Member member) {
    const auto evidence = cluster.engine(member).flight_recorder().about(cluster.name(kVictim));
    return std::any_of(evidence.begin(), evidence.end(), [](const EvidenceEntry& entry) {
        return entry.kind != EvidenceKind::HeardDead && entry.kind != EvidenceKind::AccuserNamed;
    });
}

// The first that is up and has observed nothing, else kNone.
Member bystander_of(const Cluster& cluster) {
    for (const Member member : cluster.up()) {
        if (!has_observed(cluster, member)) {
            return member;
        }
    }
    return kNone;
}

ClusterOptions recorded(std::size_t n) {
    ClusterOptions options = options_of({Mode::Memberd, n});
    options.flight_recorder_entries = 4096;
    return options;
}

TEST(Why, IsAnsweredByTheAccusersWhoeverIsAsked) {
    Cluster cluster(recorded(40));
    cluster.run_for(20s);
    cluster.power_off(kVictim);
    ASSERT_TRUE(cluster.expect_everywhere(kVictim, MemberState::Dead, 20s)) << cluster.explain();
    const Member asker = bystander_of(cluster);
    ASSERT_NE(asker, kNone) << "everybody observed it: take more members";

    const auto asked = cluster.ask_evidence(asker, kVictim, 42);
    ASSERT_FALSE(asked.empty());
    EXPECT_LE(asked.size(), kEvidenceAskedMax);
    cluster.run_for(1s);

    std::set<std::string> sources;
    std::set<std::string> declarers;
    std::set<std::string> accusers;
    std::set<std::string> who_pinged;
    for (const EvidenceReply& reply : cluster.world().evidence_replies(asker)) {
        EXPECT_EQ(reply.cookie, 42U);
        EXPECT_TRUE(std::find(asked.begin(), asked.end(), reply.source) != asked.end());
        EXPECT_TRUE(sources.insert(reply.source).second) << reply.source << " answered twice";
        for (const EvidenceEntry& entry : reply.entries) {
            EXPECT_LE(entry.at, cluster.now());
            if (entry.kind == EvidenceKind::PingUnanswered) {
                who_pinged.insert(reply.source);
            } else if (entry.kind == EvidenceKind::Suspected) {
                accusers.insert(reply.source);
                EXPECT_GT(entry.phi, 1.0);
                EXPECT_GE(entry.age, 1s);
            } else if (entry.kind == EvidenceKind::DeclaredDead) {
                declarers.insert(reply.source);
            }
        }
    }
    // All whom it asked but the victim, and what decided is among it.
    EXPECT_EQ(sources.size(), asked.size() - 1);
    EXPECT_FALSE(sources.contains(cluster.name(kVictim)));
    EXPECT_GE(declarers.size(), 1U);
    EXPECT_GE(accusers.size(), 4U);
    EXPECT_GE(who_pinged.size(), accusers.size());
    // The death itself says who accused, so that these were among the asked.
    std::set<std::string> named;
    for (const EvidenceEntry& entry :
         cluster.engine(asker).flight_recorder().about(cluster.name(kVictim))) {
        if (entry.kind == EvidenceKind::AccuserNamed) {
            named.insert(entry.other);
        }
    }
    EXPECT_GE(named.size(), 2U);
    EXPECT_TRUE(std::includes(accusers.begin(), accusers.end(), named.begin(), named.end()));
    expect_sound(cluster);
}

TEST(Why, IsAnsweredByTheMemberItselfWhereItLives) {
    Cluster cluster(recorded(24));
    cluster.run_for(20s);
    ASSERT_FALSE(cluster.ask_evidence(1, kVictim, 1).empty());
    cluster.run_for(1s);
    const auto& replies = cluster.world().evidence_replies(1);
    EXPECT_TRUE(std::any_of(replies.begin(), replies.end(), [&](const EvidenceReply& reply) {
        return reply.source == cluster.name(kVictim) && reply.entries.empty();
    }));
    expect_sound(cluster);
}

}  // namespace
}  // namespace memberd::sim
