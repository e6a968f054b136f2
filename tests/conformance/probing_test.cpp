// Who is pinged, what answers count, and what an unanswered ping leads to.
#include <set>

#include <gtest/gtest.h>

#include "tests/conformance/support/rule.hpp"

namespace memberd::tests {
namespace {

using namespace std::chrono_literals;

class Probing : public Rule {
  protected:
    Probing() : Rule(12) {}

    // The next ping to a p00 that answers no more.
    Sent next_missed_ping() {
        p(0).answers = false;
        const Instant limit = rig.now + 60s;
        while (rig.now < limit) {
            const Sent* ping = rig.run_until_sent<Ping>(limit - rig.now);
            if (ping != nullptr && ping->to == p(0).profile.endpoint) {
                return *ping;
            }
        }
        ADD_FAILURE() << "p00 is not pinged";
        return {};
    }
};

INSTANTIATE_TEST_SUITE_P(Modes, Probing, kAllModes, mode_name);

// --- Answering ---

TEST_P(Probing, APingIsAnsweredOnItsConnectionWithItsSequence) {
    rig.hear_ping(p(1), 77, 5);

    ASSERT_EQ(rig.count<Ack>(), 1U);
    const Sent& ack = *rig.all_sent<Ack>().front();
    EXPECT_EQ(ack.reply_to, 5U);
    EXPECT_EQ(ack.body<Ack>().sequence, 77U);
}

TEST_P(Probing, AnAnswerNamesItsSenderWithItsPresentNumbers) {
    rig.hear_gossip(p(1), {about_self(MemberState::Dead, 4)});
    rig.hear_ping(p(1), 77, 5);

    ASSERT_EQ(rig.count<Ack>(), 1U);
    const Envelope envelope = rig.all_sent<Ack>().front()->message().envelope;
    EXPECT_EQ(envelope.name, "self");
    EXPECT_EQ(envelope.instance, 0xabcU);
    EXPECT_EQ(envelope.generation, 10U);
    EXPECT_EQ(envelope.incarnation, 5U);
}

TEST_P(Probing, WhatSpeaksWithOurOwnInstanceIsNotHeard) {
    Peer mirror = p(1);
    mirror.profile.instance = 0xabc;
    mirror.profile.name = "self";
    const std::uint64_t digest = rig.engine.status(rig.now).view_digest;

    rig.hear_ping(mirror, 77, 5);
    rig.hear_gossip(mirror, {death_of(p(0))});

    EXPECT_TRUE(rig.sent.empty());
    EXPECT_EQ(rig.engine.status(rig.now).view_digest, digest);
}

// --- Asking ---

TEST_P(Probing, OneselfIsNeverPingedAndOthersAre) {
    rig.run_for(120s);
    for (const Sent* ping : rig.all_sent<Ping>()) {
        EXPECT_NE(ping->to, endpoint_at(7000));
    }
    for (int i = 0; i < 12; ++i) {
        EXPECT_GE(rig.count<Ping>(&p(i)), 1U) << i;
    }
}

TEST_P(Probing, NoTwoPingsHaveOneSequenceAndNoneIsZero) {
    rig.run_for(200s);
    std::set<std::uint32_t> sequences;
    for (const Sent* ping : rig.all_sent<Ping>()) {
        EXPECT_NE(ping->body<Ping>().sequence, 0U);
        EXPECT_TRUE(sequences.insert(ping->body<Ping>().sequence).second);
    }
    EXPECT_GE(sequences.size(), 150U);
}

TEST_P(Probing, WhoLeftIsNotPingedAndTheDeadOnlyToTellThem) {
    p(0).answers = false;
    p(2).answers = false;
    rig.hear_gossip(p(1), {left(p(0)), death_of(p(2))});
    rig.run_for(1s);
    rig.forget_past();
    rig.run_for(120s);

    EXPECT_EQ(rig.count<Ping>(&p(0)), 0U);
    EXPECT_LE(rig.count<Ping>(&p(2)), 31U);
    for (const Sent* ping : rig.all_sent<Ping>(&p(2))) {
        ASSERT_FALSE(ping->updates().empty());
        EXPECT_EQ(ping->updates().front().name, "p02");
    }
}

TEST_P(Probing, WhereAllAnswerNobodyIsAskedForHelpAndNothingHappens) {
    rig.run_for(120s);
    EXPECT_EQ(rig.count<PingReq>(), 0U);
    EXPECT_TRUE(rig.changes.empty());
}

// --- What is no answer ---

TEST_P(Probing, AnAnswerWithAnotherSequenceIsNone) {
    const Sent ping = next_missed_ping();
    rig.hear_ack(p(0), ping.body<Ping>().sequence + 1);
    rig.hear_ack(p(0), ping.body<Ping>().sequence - 1);
    rig.run_for(1s);
    EXPECT_GE(rig.count<PingReq>(), 1U);
}

TEST_P(Probing, AnAnswerOfAnotherRunIsNone) {
    const Sent ping = next_missed_ping();
    rig.hear_ack(next_run_of(p(0)), ping.body<Ping>().sequence);
    rig.run_for(1s);
    EXPECT_GE(rig.count<PingReq>(), 1U);
}

TEST_P(Probing, AnAnswerOfAnotherMemberIsNone) {
    const Sent ping = next_missed_ping();
    rig.hear_ack(p(1), ping.body<Ping>().sequence);
    rig.run_for(1s);
    EXPECT_GE(rig.count<PingReq>(), 1U);
}

TEST_P(Probing, AnAnswerInTimeIsOne) {
    const Sent ping = next_missed_ping();
    rig.run_for(200ms);
    rig.hear_ack(p(0), ping.body<Ping>().sequence);
    p(0).answers = true;
    rig.run_for(10s);
    EXPECT_EQ(rig.count<PingReq>(), 0U);
    EXPECT_TRUE(rig.changes.empty());
}

// --- Asking others ---

TEST_P(Probing, HelpIsAskedForAtTheTimeoutAndNotBefore) {
    const Sent ping = next_missed_ping();
    rig.run_for(299ms);
    EXPECT_EQ(rig.count<PingReq>(), 0U);
    const Sent* asked = rig.run_until_sent<PingReq>(1s);
    ASSERT_NE(asked, nullptr);
    EXPECT_LE(asked->at, ping.at + 1s);
    EXPECT_EQ(asked->body<PingReq>().subject, "p00");
    EXPECT_EQ(asked->body<PingReq>().subject_instance, p(0).profile.instance);
}

TEST_P(Probing, HelpersAreDistinctMembersThatLiveAndNotTheAccused) {
    p(10).answers = false;
    p(11).answers = false;
    rig.hear_gossip(p(1), {death_of(p(10)), left(p(11))});
    next_missed_ping();
    ASSERT_NE(rig.run_until_sent<PingReq>(2s), nullptr);
    std::set<Endpoint> helpers;
    for (const Sent* asked : rig.all_sent<PingReq>()) {
        EXPECT_TRUE(helpers.insert(asked->to).second);
        for (const int wrong : {0, 10, 11}) {
            EXPECT_NE(asked->to, p(wrong).profile.endpoint) << wrong;
        }
        EXPECT_NE(asked->to, endpoint_at(7000));
    }
    EXPECT_EQ(helpers.size(), GetParam() == Mode::Memberd ? 4U : 3U);
}

TEST_P(Probing, AMemberThatRestartsMeanwhileIsNeitherAskedAboutNorSuspected) {
    next_missed_ping();
    p(0) = next_run_of(p(0));
    p(0).answers = true;
    rig.hear_gossip(p(1), {alive(p(0))});
    rig.run_for(30s);

    EXPECT_EQ(rig.count<PingReq>(), 0U);
    EXPECT_EQ(rig.state_of("p00"), MemberState::Alive);
    EXPECT_EQ(rig.engine.status(rig.now).local_health, 0);
    EXPECT_EQ(changes_of("p00").size(), 1U);
}

TEST_P(Probing, AMemberThatLeavesMeanwhileIsNotAskedAboutAndProbingGoesOn) {
    next_missed_ping();
    rig.hear_gossip(p(1), {left(p(0))});
    rig.run_for(30s);

    EXPECT_EQ(rig.count<PingReq>(), 0U);
    EXPECT_EQ(changes_of("p00").size(), 1U);
    EXPECT_GE(rig.count<Ping>(), 25U);
}

TEST_P(Probing, OnesOwnNewGenerationMeanwhileDisturbsNoProbe) {
    const Sent ping = next_missed_ping();
    rig.hear_gossip(p(1), {about_self(MemberState::Left, 0)});
    rig.hear_ack(p(0), ping.body<Ping>().sequence);
    p(0).answers = true;
    rig.run_for(30s);

    EXPECT_EQ(rig.count<PingReq>(), 0U);
    EXPECT_TRUE(changes_of("p00").empty());
    EXPECT_GE(rig.count<Ping>(), 25U);
}

// However slow the network: what is not answered is not asked faster and faster.
TEST_P(Probing, SilenceOfAllMakesNoStorm) {
    for (int i = 0; i < 12; ++i) {
        p(i).answers = false;
    }
    rig.run_for(60s);
    EXPECT_LE(rig.sent.size(), 60U * 15U);
    EXPECT_GE(rig.count<Ping>(), 10U);
}

// --- Varied and few helpers ---

class PatientProbing : public Rule {
  protected:
    PatientProbing() : Rule(12, options()) {}

    static RigOptions options() {
        RigOptions options;
        options.timing.baseline.alpha = 1000;
        return options;
    }
};

INSTANTIATE_TEST_SUITE_P(Modes, PatientProbing, kAllModes, mode_name);

TEST_P(PatientProbing, AsksEverybodyForHelpNowAndThen) {
    for (int i = 0; i < 12; ++i) {
        p(i).loss = 0.3;
    }
    rig.run_for(200s);
    std::set<Endpoint> helpers;
    for (const Sent* asked : rig.all_sent<PingReq>()) {
        helpers.insert(asked->to);
    }
    EXPECT_EQ(helpers.size(), 12U);
}

class FewProbing : public Rule {
  protected:
    FewProbing() : Rule(3) {}
};

INSTANTIATE_TEST_SUITE_P(Modes, FewProbing, kAllModes, mode_name);

TEST_P(FewProbing, AsksAllOthersWhereTheyAreFewerThanHelpersAreWanted) {
    p(0).answers = false;
    const Sent* first = rig.run_until_sent<PingReq>(10s);
    ASSERT_NE(first, nullptr);
    const Instant at = first->at;
    std::set<Endpoint> helpers;
    for (const Sent* asked : rig.all_sent<PingReq>()) {
        if (asked->at == at) {
            helpers.insert(asked->to);
        }
    }
    EXPECT_EQ(helpers, (std::set<Endpoint>{p(1).profile.endpoint, p(2).profile.endpoint}));
}

class LoneProbing : public Rule {
  protected:
    LoneProbing() : Rule(0) {}
};

INSTANTIATE_TEST_SUITE_P(Modes, LoneProbing, kAllModes, mode_name);

TEST_P(LoneProbing, SaysNothingUntilSomebodyComes) {
    rig.run_for(600s);
    EXPECT_TRUE(rig.sent.empty());
    Peer& x = rig.add_stranger("x");
    rig.hear_gossip(x, {alive(x)});
    rig.run_for(10s);
    EXPECT_GE(rig.count<Ping>(&x), 1U);
}

}  // namespace
}  // namespace memberd::tests
