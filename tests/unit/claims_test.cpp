// Which claims an engine believes, and whom it tells what.
#include "gossip/claims.hpp"

#include <gtest/gtest.h>

#include "tests/unit/support/engine_rig.hpp"

namespace memberd::tests {
namespace {

using namespace std::chrono_literals;

class Claims : public ::testing::Test {
  protected:
    Claims() {
        rig.add_many(6);
        rig.run_for(1s);
        rig.forget_past();
    }

    EngineRig rig;

    Peer& a() { return rig.peer("p00"); }

    Peer& b() { return rig.peer("p01"); }
};

// --- About oneself ---

TEST_F(Claims, OfOnesOwnDeathAreRefutedWithAHigherIncarnationAndToldBack) {
    rig.hear_gossip(a(), {about_self(MemberState::Dead, 3)}, 55);

    EXPECT_EQ(rig.engine.self().claim, (Claim{0xabc, 10, 4, MemberState::Alive}));
    ASSERT_FALSE(rig.sent.empty());
    EXPECT_EQ(rig.sent.front().reply_to, 55U);
    const auto told = rig.said_of("self");
    ASSERT_FALSE(told.empty());
    EXPECT_EQ(told.front().claim.incarnation, 4U);
    EXPECT_EQ(told.front().claim.state, MemberState::Alive);

    rig.run_for(20ms);
    for (int i = 0; i < 6; ++i) {
        EXPECT_FALSE(rig.said_of("self", &rig.peer("p0" + std::to_string(i))).empty()) << i;
    }
    EXPECT_EQ(rig.engine.counters().refutations, 1U);
}

TEST_F(Claims, OfOnesOwnDeathInAnEarlierIncarnationAreOnlyCorrected) {
    rig.hear_gossip(a(), {about_self(MemberState::Dead, 3)});
    rig.run_for(600ms);  // The refutation is no news any more.
    rig.forget_past();
    rig.hear_gossip(a(), {about_self(MemberState::Dead, 2)});

    EXPECT_EQ(rig.engine.self().claim.incarnation, 4U);
    ASSERT_FALSE(rig.said_of("self").empty());
    EXPECT_EQ(rig.said_of("self").front().claim.incarnation, 4U);
}

TEST_F(Claims, ThatOneLivesInALaterIncarnationAreOutdone) {
    rig.hear_gossip(a(), {about_self(MemberState::Alive, 7)});
    EXPECT_EQ(rig.engine.self().claim.incarnation, 8U);
    rig.hear_gossip(a(), {about_self(MemberState::Alive, 8)});
    EXPECT_EQ(rig.engine.self().claim.incarnation, 8U);
}

TEST_F(Claims, ThatOneHasLeftStartANewGeneration) {
    rig.hear_gossip(a(), {about_self(MemberState::Left, 0)});

    EXPECT_EQ(rig.engine.self().claim, (Claim{0xabc, 11, 0, MemberState::Alive}));
    ASSERT_NE(rig.noticed(NoticeKind::GenerationRaised), nullptr);
    EXPECT_EQ(rig.noticed(NoticeKind::GenerationRaised)->number, 11U);
}

TEST_F(Claims, OfALaterGenerationOfOneselfAreOutdoneByAnother) {
    rig.hear_gossip(a(), {about_self(MemberState::Dead, 0, 40)});
    EXPECT_EQ(rig.engine.self().claim.generation, 41U);
}

TEST_F(Claims, NearTheLimitOfIncarnationsStartANewGeneration) {
    rig.hear_gossip(a(), {about_self(MemberState::Dead, kIncarnationMax)});
    EXPECT_EQ(rig.engine.self().claim, (Claim{0xabc, 11, 0, MemberState::Alive}));
}

// Others refuse a jump of more than 2^20, so a refutation that jumps would never be believed.
TEST_F(Claims, ThatJumpAreRefutedInAWayThatOthersAccept) {
    rig.hear_gossip(a(), {about_self(MemberState::Dead, kIncarnationJumpMax + 5)});
    const Claim own = rig.engine.self().claim;
    EXPECT_TRUE(own.generation > 10 || own.incarnation <= kIncarnationJumpMax)
        << own.generation << " " << own.incarnation;
    EXPECT_EQ(compare({0xabc, 10, kIncarnationJumpMax + 5, MemberState::Dead}, own),
              Verdict::Newer);
}

// Answered, it would be said again at once, and for ever: whoever holds it can't be told better.
TEST_F(Claims, AboutOneselfThatCannotBeOutdoneAreCountedAndNotAnswered) {
    for (const std::uint64_t generation : {kGenerationMax - 1, kGenerationMax}) {
        rig.hear_gossip(a(), {about_self(MemberState::Dead, 0, generation)});
    }

    EXPECT_EQ(rig.engine.self().claim.generation, 10U);
    EXPECT_EQ(rig.engine.counters().claims_refused, 2U);
    EXPECT_TRUE(rig.said_of("self").empty());
}

TEST_F(Claims, AtTheLastGenerationCannotBeOutdoneAndAreNotAnsweredEither) {
    RigOptions options;
    options.generation = kGenerationMax;
    EngineRig last(options);
    const Peer& teller = last.add("p00");
    last.run_for(1s);
    last.forget_past();
    last.hear_gossip(teller, {about_self(MemberState::Left, 0, kGenerationMax)});

    EXPECT_EQ(last.engine.counters().claims_refused, 1U);
    EXPECT_TRUE(last.said_of("self").empty());
}

TEST_F(Claims, OfARefusalThatNoClockCouldOutdoRaiseNoGeneration) {
    Refuse refusal;
    refusal.version = kProtocolVersion;
    refusal.code = RefuseCode::GenerationTooLow;
    refusal.number = kGenerationMax - 1;
    rig.hear_refuse(refusal);

    EXPECT_EQ(rig.engine.self().claim.generation, 10U);
}

TEST_F(Claims, NeverMakeOneselfAnythingButAlive) {
    RigOptions options;
    options.timing.membership.flapping = {10min, 0s, 0s};  // what is held back is no claim either
    EngineRig free(options);
    const Peer& teller = free.add("a");
    Random random(11);
    for (int i = 0; i < 5000; ++i) {
        Said said = about_self(
            std::array{MemberState::Alive, MemberState::Dead, MemberState::Left}[random.below(3)],
            static_cast<std::uint32_t>(random.below(20)),
            free.engine.self().claim.generation - 1 + random.below(3));
        said.claim.instance = random.chance(0.9) ? 0xabc : 0xdef;
        if (!said.profile.empty()) {
            said.profile = bytes_of(profile_of("self", 7000, said.claim.instance));
        }
        const Claim before = free.engine.self().claim;
        if (random.chance(0.5)) {
            free.hear_gossip(teller, {said});
        } else {
            free.hear_sync(teller, {said});
        }
        const Claim own = free.engine.self().claim;
        ASSERT_EQ(own.state, MemberState::Alive);
        ASSERT_GE(std::pair(own.generation, own.incarnation),
                  std::pair(before.generation, before.incarnation));
        const bool reaches =
            said.claim.instance == 0xabc && said.claim.generation >= before.generation &&
            said.claim.incarnation >= before.incarnation && said.claim.state != MemberState::Alive;
        if (reaches) {
            ASSERT_GT(std::pair(own.generation, own.incarnation),
                      std::pair(said.claim.generation, said.claim.incarnation));
        }
    }
    EXPECT_FALSE(free.engine.stopped());
}

// --- About others ---

TEST_F(Claims, OlderThanTheHeldOneAreAnsweredWithIt) {
    rig.hear_gossip(a(), {alive(b(), 5)});
    rig.run_for(1s);
    rig.forget_past();

    rig.hear_gossip(a(), {alive(b(), 2)}, 66);
    ASSERT_EQ(rig.count<Gossip>(), 1U);
    EXPECT_EQ(rig.sent.back().reply_to, 66U);
    const auto told = rig.said_of("p01");
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told.front().claim.incarnation, 5U);
}

TEST_F(Claims, ThatCrossAFreshChangeAreNotAnsweredAndLaterAre) {
    rig.hear_gossip(a(), {alive(b(), 5)});
    rig.forget_past();
    rig.hear_gossip(a(), {alive(b(), 2)});
    EXPECT_EQ(rig.count<Gossip>(), 0U);
    rig.run_for(501ms);
    rig.forget_past();
    rig.hear_gossip(a(), {alive(b(), 2)});
    EXPECT_EQ(rig.count<Gossip>(), 1U);
}

TEST_F(Claims, ManyOlderOnesAreAnsweredByAtMostSixteenInAMessageThatEverybodyAccepts) {
    std::vector<Said> old;
    for (int i = 0; i < 40; ++i) {
        Peer& peer = rig.add_stranger("big" + std::to_string(i));
        for (int tag = 0; tag < 14; ++tag) {
            peer.profile.tags.emplace_back("tag" + std::to_string(100 + tag),
                                           std::string(500, 'x'));
        }
        peer.incarnation = 3;
        rig.hear_gossip(a(), {alive(peer)});
        peer.incarnation = 1;
        Said said = dead(peer, {});
        old.push_back(said);
    }
    rig.run_for(2s);
    rig.forget_past();
    rig.hear_sync(a(), old);

    ASSERT_GE(rig.count<Gossip>(), 1U);
    for (const Sent* each : rig.all_sent<Gossip>()) {
        EXPECT_LE(each->bytes.size(), kMessageBytesMax);
        EXPECT_LE(each->updates().size(), 16U);
        EXPECT_GE(each->updates().size(), 1U);
    }
}

TEST_F(Claims, WithAnIncarnationThatJumpsAreRefusedAndCounted) {
    rig.hear_gossip(a(), {alive(b(), kIncarnationJumpMax + 1)});
    EXPECT_EQ(rig.engine.find("p01")->claim.incarnation, 0U);
    EXPECT_EQ(rig.engine.counters().claims_refused, 1U);
    rig.hear_gossip(a(), {alive(b(), kIncarnationJumpMax)});
    EXPECT_EQ(rig.engine.find("p01")->claim.incarnation, kIncarnationJumpMax);
}

TEST_F(Claims, WithAGenerationThatJumpsBeyondAnyClockAreRefusedAndCounted) {
    Said later = alive(b());
    later.claim.generation += kGenerationJumpMax + 1;
    rig.hear_gossip(a(), {later});
    EXPECT_EQ(rig.engine.find("p01")->claim.generation, 1U);
    EXPECT_EQ(rig.engine.counters().claims_refused, 1U);

    --later.claim.generation;
    rig.hear_gossip(a(), {later});
    EXPECT_EQ(rig.engine.find("p01")->claim.generation, 1 + kGenerationJumpMax);
}

TEST_F(Claims, OfTwoInstancesInOneGenerationAreNeverMerged) {
    Peer twin = b();
    twin.profile.instance = 0x9999;
    for (const MemberState state : {MemberState::Alive, MemberState::Dead, MemberState::Left}) {
        Said said = alive(twin, 9);
        said.claim.state = state;
        rig.hear_gossip(a(), {said});
        rig.hear_sync(a(), {said});
        rig.run_for(2s);
        EXPECT_EQ(rig.engine.find("p01")->claim, b().claim()) << to_string(state);
    }
    EXPECT_EQ(rig.engine.counters().conflicts, 6U);
}

// One of the two must raise its generation, and may not know of the other.
TEST_F(Claims, OfTwoInstancesInOneGenerationAreToldToBoth) {
    const Peer twin = [&] {
        Peer other = b();
        other.profile.instance = 0x9999;
        other.profile.endpoint = endpoint_at(9999);
        return other;
    }();
    const auto told_at = [&](const Endpoint& place) {
        std::vector<std::uint64_t> instances;
        for (const Sent* each : rig.all_sent<Gossip>()) {
            for (const Said& said : each->updates()) {
                if (each->to == place && said.name == "p01" && !said.profile.empty()) {
                    instances.push_back(said.claim.instance);
                }
            }
        }
        return instances;
    };
    const std::vector<std::uint64_t> both{b().profile.instance, 0x9999};

    rig.hear_gossip(a(), {alive(twin)});
    EXPECT_EQ(told_at(b().profile.endpoint), both);
    EXPECT_EQ(told_at(twin.profile.endpoint), both);

    // Not at every hearing, but as long as it lasts.
    rig.hear_gossip(a(), {alive(twin)});
    EXPECT_EQ(told_at(twin.profile.endpoint).size(), 2U);
    rig.run_for(500ms);
    rig.hear_gossip(a(), {alive(twin)});
    EXPECT_EQ(told_at(twin.profile.endpoint).size(), 4U);
}

TEST_F(Claims, OfADeadRunInTheGenerationOfALivingOneAreToldToThatOne) {
    Peer twin = b();
    twin.profile.instance = 0x9999;
    rig.hear_gossip(a(), {dead(twin, {"p02", "p03"})});
    const auto told = rig.said_of("p01", &b());
    ASSERT_EQ(told.size(), 2U);
    EXPECT_EQ(told.back().claim, twin.claim(MemberState::Dead));
}

TEST_F(Claims, OfManyConflictsAreToldOfAtMost64NamesAtATime) {
    std::vector<Said> claims;
    for (int i = 0; i < 200; ++i) {
        Peer twin = rig.add("q" + std::to_string(i));
        twin.profile.instance = 0x9999;
        claims.push_back(alive(twin));
    }
    rig.forget_past();
    for (const Said& claim : claims) {
        rig.hear_gossip(a(), {claim});
    }
    std::size_t told = 0;
    for (const Sent* each : rig.all_sent<Gossip>()) {
        told += each->reply_to == 0 && each->updates().size() == 2 ? 1U : 0U;
    }
    EXPECT_EQ(told, 64U);
}

TEST_F(Claims, OfSuspicionAreRefusedInModeMemberd) {
    rig.hear_gossip(a(), {suspect(b(), "p02")});
    EXPECT_EQ(rig.state_of("p01"), MemberState::Alive);
    EXPECT_EQ(rig.engine.counters().claims_refused, 1U);
}

TEST_F(Claims, OfAnArrivalArePassedOnOnceToEachNeighbour) {
    Peer& fresh = rig.add_stranger("fresh");
    rig.hear_gossip(a(), {alive(fresh)});
    rig.run_for(5s);
    EXPECT_EQ(rig.state_of("fresh"), MemberState::Alive);
    for (int i = 0; i < 6; ++i) {
        EXPECT_EQ(rig.said_of("fresh", &rig.peer("p0" + std::to_string(i))).size(), 1U) << i;
    }
}

TEST_F(Claims, TravelAsDeathsFirstThenLeavesThenArrivals) {
    Peer& fresh = rig.add_stranger("fresh");
    rig.hear_gossip(a(),
                    {alive(fresh), left(rig.peer("p04")), dead(rig.peer("p05"), {"p00", "p01"})});
    rig.run_for(11ms);
    const auto gossip = rig.all_sent<Gossip>(&a());
    ASSERT_EQ(gossip.size(), 1U);
    const auto updates = gossip.front()->updates();
    ASSERT_EQ(updates.size(), 3U);
    EXPECT_EQ(updates[0].name, "p05");
    EXPECT_EQ(updates[1].name, "p04");
    EXPECT_EQ(updates[2].name, "fresh");
    EXPECT_TRUE(updates[0].profile.empty());
    EXPECT_FALSE(updates[2].profile.empty());
    EXPECT_EQ(updates[0].accusers, (std::vector<std::string>{"p00", "p01"}));
}

TEST_F(Claims, InAnyOrderNeverLowerARecord) {
    Random random(5);
    auto rank = [](const Claim& c) {
        const bool is_left = c.state == MemberState::Left;
        return std::tuple(c.generation, is_left, c.incarnation, c.state);
    };
    for (int i = 0; i < 3000; ++i) {
        Peer& subject = rig.peer("p0" + std::to_string(1 + random.below(4)));
        Said said = with_profile(dead(subject, {"p00", "p05"}), subject);
        said.claim.state =
            std::array{MemberState::Alive, MemberState::Dead, MemberState::Left}[random.below(3)];
        said.claim.incarnation = static_cast<std::uint32_t>(random.below(50));
        const Claim before = rig.engine.find(subject.profile.name)->claim;
        if (random.chance(0.5)) {
            rig.hear_gossip(a(), {said});
        } else {
            rig.hear_sync(a(), {said});
        }
        const Claim after = rig.engine.find(subject.profile.name)->claim;
        ASSERT_GE(rank(after), rank(before));
        const bool was_gone =
            before.state == MemberState::Dead || before.state == MemberState::Left;
        if (was_gone && after.state == MemberState::Alive) {
            ASSERT_GT(std::pair(after.generation, after.incarnation),
                      std::pair(before.generation, before.incarnation));
        }
    }
}

}  // namespace
}  // namespace memberd::tests
