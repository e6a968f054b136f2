// Coming in: joins, refusals, names, and the endless contact.
#include <gtest/gtest.h>

#include "tests/unit/support/engine_rig.hpp"

namespace memberd::tests {
namespace {

using namespace std::chrono_literals;

class Joining : public ::testing::Test {
  protected:
    EngineRig rig;

    void join(std::vector<Endpoint> seeds) {
        rig.engine.join(rig.now, seeds, rig.out);
        rig.collect();
    }

    RefuseCode refusal() {
        const auto refused = rig.all_sent<Refuse>();
        return refused.empty() ? RefuseCode{0} : refused.back()->body<Refuse>().code;
    }

    void hear_welcome(const Peer& from) {
        std::vector<std::uint8_t> bytes;
        Encoder encoder(bytes);
        encoder.welcome(rig.envelope_of(from), 0, {}, 1);
        const Said said = alive(from);
        encoder.update(update_of(said));
        rig.hear(bytes);
    }
};

// --- As the newcomer ---

TEST_F(Joining, AsksEverySeedAtOnceThenWithBackOffForEver) {
    Peer& a = rig.add_stranger("a");
    Peer& b = rig.add_stranger("b");
    join({a.profile.endpoint, b.profile.endpoint, b.profile.endpoint});
    EXPECT_EQ(rig.count<Join>(&a), 1U);
    EXPECT_EQ(rig.count<Join>(&b), 1U);
    const auto updates = rig.sent.front().updates();
    ASSERT_EQ(updates.size(), 1U);
    EXPECT_EQ(updates.front().name, "self");
    rig.run_for(249ms);
    EXPECT_EQ(rig.count<Join>(&a), 1U);
    rig.run_for(1ms);
    EXPECT_EQ(rig.count<Join>(&a), 2U);
    rig.run_for(10min);
    const auto all = rig.all_sent<Join>(&a);
    for (std::size_t i = 2; i < all.size(); ++i) {
        const Duration gap = all[i]->at - all[i - 1]->at;
        EXPECT_LE(gap, 5s);
        EXPECT_GE(gap,
                  std::min<Duration>(5s, 250ms * (1 << std::min<std::size_t>(i - 1, 8))) * 3 / 4);
    }
    EXPECT_GE(all.size(), 120U);
}

TEST_F(Joining, IgnoresItsOwnAddressAmongTheSeeds) {
    join({endpoint_at(7000)});
    rig.run_for(1min);
    EXPECT_TRUE(rig.sent.empty());
}

TEST_F(Joining, EndsWithAWelcomeThatIsNoticed) {
    Peer& a = rig.add_stranger("a");
    join({a.profile.endpoint});
    hear_welcome(a);
    EXPECT_NE(rig.noticed(NoticeKind::Joined), nullptr);
    EXPECT_EQ(rig.state_of("a"), MemberState::Alive);
    EXPECT_TRUE(rig.engine.status(rig.now).joined);
    rig.forget_past();
    rig.run_for(1min);
    EXPECT_EQ(rig.count<Join>(), 0U);
}

TEST_F(Joining, ToldThatItsGenerationIsTooLowRaisesItAndAsksAgainAtOnce) {
    Peer& a = rig.add_stranger("a");
    join({a.profile.endpoint});
    rig.forget_past();
    rig.hear_refuse({1, RefuseCode::GenerationTooLow, 500, "blue", "too low"});
    EXPECT_EQ(rig.engine.self().claim.generation, 501U);
    EXPECT_EQ(rig.noticed(NoticeKind::GenerationRaised)->number, 501U);
    ASSERT_EQ(rig.count<Join>(), 1U);
    EXPECT_EQ(rig.sent.back().updates().front().claim.generation, 501U);
}

TEST_F(Joining, RefusedForItsClusterNamesBoth) {
    rig.hear_refuse({1, RefuseCode::OtherCluster, 0, "green", "another cluster"});
    const Notice* notice = rig.noticed(NoticeKind::JoinRefused);
    ASSERT_NE(notice, nullptr);
    EXPECT_NE(notice->text.find("green"), std::string::npos);
    EXPECT_NE(notice->text.find("blue"), std::string::npos);
    EXPECT_EQ(notice->code, 1);
}

// --- As the seed ---

TEST_F(Joining, ANewcomerIsWelcomedAndShown) {
    rig.add_many(3);
    Peer& fresh = rig.add_stranger("fresh");
    rig.hear_join(fresh, 9);
    ASSERT_EQ(rig.count<Welcome>(), 1U);
    EXPECT_EQ(rig.all_sent<Welcome>().front()->reply_to, 9U);
    EXPECT_EQ(rig.all_sent<Welcome>().front()->updates().size(), 5U);
    EXPECT_EQ(rig.state_of("fresh"), MemberState::Alive);
}

TEST_F(Joining, AStrangerOfAnotherClusterIsRefusedAndNamed) {
    Peer& fresh = rig.add_stranger("fresh");
    rig.hear_join(fresh, 9, "green");
    EXPECT_EQ(refusal(), RefuseCode::OtherCluster);
    EXPECT_EQ(rig.all_sent<Refuse>().front()->body<Refuse>().cluster, "blue");
    EXPECT_FALSE(rig.knows("fresh"));
    const Notice* notice = rig.noticed(NoticeKind::StrangerRefused);
    ASSERT_NE(notice, nullptr);
    EXPECT_NE(notice->text.find("green"), std::string::npos);
    EXPECT_NE(notice->text.find("blue"), std::string::npos);
    EXPECT_EQ(rig.engine.counters().other_cluster, 1U);
}

TEST_F(Joining, AMessageOfAnotherVersionIsRefusedWithOurs) {
    rig.hear({0x92, 0x02, 0x01}, 9);
    EXPECT_EQ(refusal(), RefuseCode::OtherVersion);
    EXPECT_EQ(rig.engine.counters().other_version, 1U);
    rig.forget_past();
    rig.hear({0x92, 0x02, 0x01}, 0);
    EXPECT_TRUE(rig.sent.empty());
}

TEST_F(Joining, NobodyGetsTheSeedsOwnName) {
    Peer& thief = rig.add_stranger("self");
    rig.hear_join(thief, 9);
    EXPECT_EQ(refusal(), RefuseCode::NameTaken);
    EXPECT_EQ(rig.engine.self().claim.instance, 0xabcU);
}

TEST_F(Joining, ARestartAtTheSameAddressIsAdmittedAtOnceWithAGreaterGeneration) {
    Peer& a = rig.add("a");
    a.profile.instance = 0x5555;
    rig.hear_join(a, 9);
    EXPECT_EQ(refusal(), RefuseCode::GenerationTooLow);
    EXPECT_EQ(rig.all_sent<Refuse>().front()->body<Refuse>().number, 1U);
    a.generation = 2;
    rig.hear_join(a, 10);
    EXPECT_EQ(rig.count<Welcome>(), 1U);
    EXPECT_EQ(rig.engine.find("a")->claim.instance, 0x5555U);
    EXPECT_EQ(rig.time_of("a", MemberState::Dead), kNever);
}

TEST_F(Joining, TheNameOfTheDeadIsFreeForAGreaterGenerationAnywhere) {
    rig.add_many(4);
    Peer& x = rig.peer("p00");
    rig.hear_gossip(rig.peer("p01"), {dead(x, {"p02", "p03"})});
    x.profile.instance = 0x5555;
    x.profile.endpoint = endpoint_at(9999);
    rig.hear_join(x, 9);
    EXPECT_EQ(refusal(), RefuseCode::GenerationTooLow);
    x.generation = 2;
    rig.hear_join(x, 9);
    EXPECT_EQ(rig.count<Welcome>(), 1U);
    EXPECT_EQ(rig.state_of("p00"), MemberState::Alive);
}

// --- A new address: the old one is asked ---

class NameCheck : public Joining {
  protected:
    NameCheck() : old(rig.add("x")), again(rig.add_stranger("x")) {
        again.generation = 5;
        rig.run_for(5s);
        rig.forget_past();
    }

    Peer& old;
    Peer& again;
};

TEST_F(NameCheck, OfALivingHolderRefusesTheNewcomer) {
    rig.hear_join(again, 9);
    EXPECT_EQ(refusal(), RefuseCode::NameBeingChecked);
    EXPECT_EQ(rig.count<Ping>(&old), 1U);
    rig.run_for(250ms);
    rig.hear_join(again, 9);
    EXPECT_EQ(refusal(), RefuseCode::NameTaken);
    EXPECT_NE(rig.noticed(NoticeKind::StrangerRefused), nullptr);
    EXPECT_EQ(rig.engine.find("x")->claim.instance, old.profile.instance);
}

TEST_F(NameCheck, CountsTheAnswerOfASlowHolderToo) {
    old.delay = 450ms;
    rig.hear_join(again, 9);
    rig.run_for(2s);
    rig.hear_join(again, 9);
    EXPECT_EQ(refusal(), RefuseCode::NameTaken);
}

TEST_F(NameCheck, OfASilentHolderAdmitsTheNewcomerAfterFourPings) {
    old.answers = false;
    rig.hear_join(again, 9);
    const Instant asked = rig.now;
    rig.run_for(1199ms);
    rig.hear_join(again, 9);
    EXPECT_EQ(refusal(), RefuseCode::NameBeingChecked);
    EXPECT_EQ(rig.count<Welcome>(), 0U);
    std::vector<Duration> pings;
    const std::uint32_t sequence = rig.all_sent<Ping>(&old).front()->body<Ping>().sequence;
    for (const Sent* each : rig.all_sent<Ping>(&old)) {
        if (each->body<Ping>().sequence == sequence) {
            pings.push_back(each->at - asked);
        }
    }
    EXPECT_EQ(pings, (std::vector<Duration>{0ms, 300ms, 600ms, 900ms}));
    rig.run_for(1ms);
    rig.hear_join(again, 9);
    EXPECT_EQ(rig.count<Welcome>(), 1U);
    EXPECT_EQ(rig.engine.find("x")->claim.instance, again.profile.instance);
}

TEST_F(NameCheck, AdmitsTheNewcomerWhereAnotherInstanceAnswers) {
    old.answers = false;
    rig.hear_join(again, 9);
    Peer tenant = rig.add_stranger("tenant");
    rig.hear_ack(tenant, rig.all_sent<Ping>(&old).front()->body<Ping>().sequence);
    rig.hear_join(again, 9);
    EXPECT_EQ(rig.count<Welcome>(), 1U);
}

TEST_F(NameCheck, IsMadeAnewAfterTenSeconds) {
    rig.hear_join(again, 9);
    rig.run_for(11s);
    rig.forget_past();
    rig.hear_join(again, 9);
    EXPECT_EQ(refusal(), RefuseCode::NameBeingChecked);
}

TEST_F(NameCheck, IsMadeOfAtMost64NamesAtATime) {
    for (int i = 0; i < 500; ++i) {
        again.profile.instance = 0x9000U + static_cast<std::uint64_t>(i);
        rig.hear_join(again, 9);
    }
    EXPECT_LE(rig.count<Ping>(&old), 64U);
}

// --- Refused after all ---

class Outcast : public Joining {
  protected:
    Outcast() : seed(rig.add_stranger("a")) {
        join({seed.profile.endpoint});
        hear_welcome(seed);
    }

    void hear_that_the_name_is_taken() {
        Refuse refuse;
        refuse.version = kProtocolVersion;
        refuse.code = RefuseCode::NameTaken;
        refuse.cluster = "blue";
        refuse.reason = "a living member at 10.0.0.2:7747 has that name";
        rig.hear_refuse(refuse);
    }

    Peer& seed;
};

TEST_F(Outcast, WhoIsAloneAndRefusedForItsNameGivesItUp) {
    rig.hear_gossip(seed, {left(seed)});
    ASSERT_EQ(rig.state_of("a"), MemberState::Left);
    hear_that_the_name_is_taken();
    EXPECT_TRUE(rig.engine.stopped());
    ASSERT_NE(rig.noticed(NoticeKind::NameLost), nullptr);
    EXPECT_NE(rig.noticed(NoticeKind::NameLost)->text.find("10.0.0.2:7747"), std::string::npos);
}

TEST_F(Outcast, WhoHasCompanyIsNotEndedByARefusal) {
    hear_that_the_name_is_taken();
    EXPECT_FALSE(rig.engine.stopped());
    EXPECT_EQ(rig.noticed(NoticeKind::NameLost), nullptr);
    EXPECT_NE(rig.noticed(NoticeKind::JoinRefused), nullptr);
}

TEST_F(Joining, AsksASeedAgainInTheNextTurnThatIsLookingWhoHasTheName) {
    std::vector<Endpoint> seeds;
    for (const char* name : {"a", "b", "c"}) {
        seeds.push_back(rig.add_stranger(name).profile.endpoint);
    }
    join(seeds);
    hear_welcome(rig.add_stranger("x"));
    const auto next_asked = [&] {
        const Sent* sent = rig.run_until_sent<Join>(5s);
        return sent == nullptr ? Endpoint{} : sent->to;
    };
    const Endpoint first = next_asked();
    const Endpoint second = next_asked();
    EXPECT_NE(second, first);
    Refuse refuse;
    refuse.version = kProtocolVersion;
    refuse.code = RefuseCode::NameBeingChecked;
    refuse.cluster = "blue";
    rig.hear_refuse(refuse);
    EXPECT_EQ(next_asked(), second);
    EXPECT_NE(next_asked(), second);
}

TEST_F(Joining, WhoeverIsNoMemberYetDoesNotAnswerItsNamesake) {
    Peer& seed = rig.add_stranger("a");
    const Peer& twin = rig.add_stranger("self");
    join({seed.profile.endpoint});
    rig.hear_ping(twin, 7, 91);
    EXPECT_EQ(rig.count<Ack>(), 0U);
    EXPECT_EQ(rig.count<Sync>(), 0U);
    rig.hear_ping(seed, 8, 92);
    EXPECT_EQ(rig.count<Ack>(), 1U);

    hear_welcome(seed);
    rig.hear_ping(twin, 9, 93);
    EXPECT_EQ(rig.count<Ack>(), 2U);
}

// --- Our own name, claimed by another ---

class OwnName : public Joining {
  protected:
    OwnName() : twin(rig.add_stranger("self")), teller(rig.add("teller")) {
        rig.run_for(1s);
        rig.forget_past();
    }

    void contest(std::uint64_t generation, std::uint64_t instance) {
        twin.generation = generation;
        twin.profile.instance = instance;
        rig.hear_gossip(teller, {alive(twin)});
    }

    Peer& twin;
    Peer& teller;
};

TEST_F(OwnName, IsLostToALivingTwinOfAGreaterGeneration) {
    contest(20, 1);
    EXPECT_EQ(rig.count<Ping>(&twin), 1U);
    EXPECT_FALSE(rig.engine.stopped());
    rig.run_for(10ms);
    EXPECT_TRUE(rig.engine.stopped());
    ASSERT_NE(rig.noticed(NoticeKind::NameLost), nullptr);
    EXPECT_EQ(rig.noticed(NoticeKind::NameLost)->number, 20U);
    EXPECT_EQ(rig.engine.next_deadline(), kNever);
}

TEST_F(OwnName, IsKeptBeforeATwinOfALesserGenerationWhichHearsOfUs) {
    contest(9, ~std::uint64_t{0});
    rig.run_for(10ms);
    EXPECT_FALSE(rig.engine.stopped());
    EXPECT_EQ(rig.count<Ping>(&twin), 0U);
    // Told to whoever brought it.
    const auto gossip = rig.all_sent<Gossip>();
    ASSERT_FALSE(gossip.empty());
    EXPECT_EQ(gossip.front()->updates().front().claim.instance, 0xabcU);
}

TEST_F(OwnName, OfEqualGenerationsGoesToTheGreaterInstanceOnBothSides) {
    const auto loses = [](std::uint64_t own, std::uint64_t other) {
        RigOptions options;
        options.self = profile_of("self", 7000, own);
        EngineRig one(options);
        Peer& its_twin = one.add_stranger("self");
        its_twin.generation = 10;
        its_twin.profile.instance = other;
        one.hear_gossip(one.add("teller"), {alive(its_twin)});
        one.run_for(10ms);
        return one.engine.stopped();
    };
    EXPECT_TRUE(loses(0xabc, 0xabd));
    EXPECT_FALSE(loses(0xabd, 0xabc));
}

TEST_F(OwnName, IsTakenBackFromATwinThatDoesNotAnswer) {
    twin.answers = false;
    contest(20, 1);
    rig.run_for(1199ms);
    EXPECT_EQ(rig.engine.self().claim.generation, 10U);
    rig.run_for(1ms);
    EXPECT_FALSE(rig.engine.stopped());
    EXPECT_EQ(rig.engine.self().claim.generation, 21U);
}

TEST_F(OwnName, IsTakenBackFromTheDeadAndFromOurOwnAddressAtOnce) {
    twin.generation = 20;
    rig.hear_gossip(teller, {dead(twin, {"teller"})});
    EXPECT_EQ(rig.engine.self().claim.generation, 21U);
    twin.generation = 30;
    twin.profile.endpoint = endpoint_at(7000);
    rig.hear_gossip(teller, {alive(twin)});
    EXPECT_EQ(rig.engine.self().claim.generation, 31U);
}

// --- Endless contact ---

TEST_F(Joining, SeedsAndTheDeadAreContactedForEver) {
    rig.add_many(4);
    Peer& seed = rig.add_stranger("seed");
    join({seed.profile.endpoint});
    hear_welcome(rig.peer("p00"));
    Peer& x = rig.peer("p01");
    x.answers = false;
    rig.hear_gossip(rig.peer("p00"), {dead(x, {"p02", "p03"})});
    rig.run_for(1s);
    rig.forget_past();
    rig.run_for(40s);
    EXPECT_EQ(rig.count<Join>(&seed), 10U);
    EXPECT_EQ(rig.count<Ping>(&x), 10U);
    const auto claims = rig.all_sent<Ping>(&x).front()->updates();
    ASSERT_EQ(claims.size(), 1U);
    EXPECT_EQ(claims.front().claim.state, MemberState::Dead);
}

// --- Leaving ---

class Leaving : public Joining {
  protected:
    Leaving() { rig.add_many(12); }

    void leave() {
        rig.run_for(1s);
        rig.forget_past();
        rig.engine.leave(rig.now, rig.out);
        rig.collect();
    }

    // Acks of `count` of those asked.
    void acknowledge(std::size_t count) {
        const auto asked = rig.all_sent<Leave>();
        for (std::size_t i = 0; i < count; ++i) {
            const Peer& peer = rig.peer_at(asked[i]->to);
            rig.hear_leave_ack(peer, asked[i]->body<Leave>().sequence);
            rig.hear_leave_ack(peer, asked[i]->body<Leave>().sequence);
        }
    }
};

TEST_F(Leaving, EndsWhenAllEightHaveAcknowledged) {
    leave();
    ASSERT_EQ(rig.count<Leave>(), 8U);
    EXPECT_EQ(rig.all_sent<Leave>().front()->updates().front().claim.state, MemberState::Left);
    acknowledge(7);
    EXPECT_FALSE(rig.engine.stopped());
    acknowledge(8);
    EXPECT_TRUE(rig.engine.stopped());
    EXPECT_EQ(rig.noticed(NoticeKind::LeaveAcknowledged)->number, 8U);
}

TEST_F(Leaving, AsksThoseThatDidNotAcknowledgeAgainAndEndsAfterTwoSeconds) {
    leave();
    acknowledge(5);
    rig.run_for(200ms);
    EXPECT_EQ(rig.count<Leave>(), 8U + 3U);
    rig.run_for(1799ms);
    EXPECT_FALSE(rig.engine.stopped());
    EXPECT_EQ(rig.count<Leave>(), 8U + 9U * 3U);
    rig.run_for(1ms);
    EXPECT_TRUE(rig.engine.stopped());
    EXPECT_EQ(rig.noticed(NoticeKind::LeaveAcknowledged)->number, 5U);
}

TEST_F(Leaving, OfTheOnlyMemberEndsAtOnce) {
    EngineRig alone;
    alone.engine.leave(alone.now, alone.out);
    alone.collect();
    EXPECT_TRUE(alone.engine.stopped());
    EXPECT_EQ(alone.noticed(NoticeKind::LeaveAcknowledged)->number, 0U);
}

TEST_F(Leaving, OfAnotherIsAcknowledgedAndBelieved) {
    Peer& x = rig.peer("p03");
    std::vector<std::uint8_t> bytes;
    Encoder encoder(bytes);
    encoder.leave(rig.envelope_of(x), {44}, 1);
    const Said said = left(x);
    encoder.update(update_of(said));
    rig.hear(bytes, 9);
    ASSERT_EQ(rig.count<LeaveAck>(), 1U);
    EXPECT_EQ(rig.all_sent<LeaveAck>().front()->body<LeaveAck>().sequence, 44U);
    EXPECT_EQ(rig.state_of("p03"), MemberState::Left);
}

TEST_F(Leaving, ForARestartAnnouncesItAndStaysAlive) {
    rig.engine.announce_restart(rig.now, rig.out);
    rig.collect();
    ASSERT_EQ(rig.count<Leave>(), 8U);
    const Said said = rig.all_sent<Leave>().front()->updates().front();
    EXPECT_EQ(said.claim.state, MemberState::Alive);
    EXPECT_EQ(said.claim.incarnation, 1U);
    const auto profile = decode_profile(said.profile);
    ASSERT_TRUE(profile);
    EXPECT_TRUE(profile->restarting);
    acknowledge(8);
    EXPECT_TRUE(rig.engine.stopped());
}

}  // namespace
}  // namespace memberd::tests
