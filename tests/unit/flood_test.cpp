// How mode memberd passes changes on: to whom, in how many messages.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/support/engine_rig.hpp"

namespace memberd::tests {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kWaysOfLongFloods = 4;

class Flood : public ::testing::Test {
  protected:
    explicit Flood(TimingProfile profile = TimingProfile::Lan)
        : rig({.timing = timing_of(profile)}) {
        rig.add_many(60);
        rig.run_for(30s);
        rig.forget_past();
    }

    // p10 to p10 + count - 1 are dead; told by p01 in one message.
    void hear_of_deaths(int first, int count) {
        std::vector<Said> deaths;
        for (int i = first; i < first + count; ++i) {
            deaths.push_back(dead(rig.peer("p" + std::to_string(i)), {"p02", "p03"}));
        }
        rig.hear_gossip(rig.peer("p01"), deaths);
    }

    // Names of those who were told of deaths, each with the number of deaths.
    std::map<std::string, std::size_t> told() {
        std::map<std::string, std::size_t> count;
        for (const Sent* each : rig.all_sent<Gossip>()) {
            if (each->to.port != 0) {
                count[rig.peer_at(each->to).profile.name] += each->updates().size();
            }
        }
        return count;
    }

    std::set<std::string> named(const std::vector<std::string_view>& names) {
        return {names.begin(), names.end()};
    }

    EngineRig rig;
};

TEST_F(Flood, OfAFewChangesThatAreHeardGoesToAllSubjectsOnce) {
    hear_of_deaths(10, 3);
    rig.run_for(20ms);
    const std::set<std::string> subjects = named(rig.engine.subjects());
    const auto counts = told();
    EXPECT_EQ(counts.size(), subjects.size());
    for (const auto& [name, count] : counts) {
        EXPECT_TRUE(subjects.contains(name)) << name;
        EXPECT_EQ(count, 3U) << name;
    }
    EXPECT_EQ(rig.count<Gossip>(), subjects.size());
}

class FloodOverLongLinks : public Flood {
  protected:
    FloodOverLongLinks() : Flood(TimingProfile::Wan) {}
};

TEST_F(FloodOverLongLinks, OfAChangeThatIsHeardGoesToAllNeighbours) {
    hear_of_deaths(10, 1);
    rig.run_for(20ms);
    std::set<std::string> neighbours = named(rig.engine.subjects());
    neighbours.merge(named(rig.engine.observers()));
    ASSERT_GT(neighbours.size(), rig.engine.subjects().size());
    const auto counts = told();
    EXPECT_EQ(counts.size(), neighbours.size());
    for (const std::string& name : neighbours) {
        EXPECT_TRUE(counts.contains(name)) << name;
    }
}

// Who is told of what nobody knew before, here that somebody joins: both neighbours on all rings.
TEST_F(Flood, OfWhatNobodyKnewGoesToAllNeighboursOnce) {
    rig.hear_join(rig.add_stranger("new"), 900);
    rig.forget_past();
    rig.run_for(20ms);
    std::set<std::string> neighbours = named(rig.engine.subjects());
    neighbours.merge(named(rig.engine.observers()));
    EXPECT_GT(neighbours.size(), rig.engine.subjects().size());
    const auto counts = told();
    neighbours.erase("new");
    EXPECT_GE(counts.size(), neighbours.size());
    for (const std::string& name : neighbours) {
        EXPECT_TRUE(counts.contains(name)) << name;
    }
    for (const auto& [name, count] : counts) {
        EXPECT_TRUE(name == "new" || neighbours.contains(name)) << name << " is none";
    }
}

TEST_F(Flood, OfItsOwnReturnGoesToAllNeighbours) {
    Said own = about_self(MemberState::Dead, rig.engine.self().claim.incarnation);
    own.accusers = {"p02", "p03"};
    rig.hear_gossip(rig.peer("p01"), {own});
    rig.forget_past();
    rig.run_for(40ms);  // The answers that let it return, and a batch.
    std::set<std::string> neighbours = named(rig.engine.subjects());
    neighbours.merge(named(rig.engine.observers()));
    const auto counts = told();
    for (const std::string& name : neighbours) {
        EXPECT_TRUE(counts.contains(name)) << name;
    }
    EXPECT_LE(counts.size(), neighbours.size() + 1) << "and whose answer let it return";
}

TEST_F(Flood, InAStormGoesToSubjectsAlone) {
    hear_of_deaths(10, 1);
    rig.run_for(20ms);
    hear_of_deaths(11, 1);
    rig.run_for(20ms);
    rig.hear_join(rig.add_stranger("new"), 900);
    rig.forget_past();
    rig.run_for(20ms);
    const std::set<std::string> subjects = named(rig.engine.subjects());
    const auto counts = told();
    EXPECT_EQ(counts.size(), subjects.size());
    for (const auto& [name, count] : counts) {
        EXPECT_TRUE(subjects.contains(name)) << name;
    }
}

TEST_F(Flood, OfNewsIsNarrowFromTheThirdInHalfASecondOn) {
    const auto receivers_of = [this](std::string_view name) {
        std::set<std::string> receivers;
        for (const Sent* each : rig.all_sent<Gossip>()) {
            const std::vector<Said> said = each->updates();
            if (std::any_of(said.begin(), said.end(),
                            [&](const Said& one) { return one.name == name; })) {
                receivers.insert(rig.peer_at(each->to).profile.name);
            }
        }
        return receivers;
    };
    ReplyToken token = 900;
    const auto join = [&](const std::string& name) {
        rig.hear_join(rig.add_stranger(name), token++);
        rig.run_for(150ms);
    };
    for (int i = 30; i < 36; ++i) {
        join("n" + std::to_string(i));
    }
    rig.run_for(2s);
    join("n36");

    // Two are no storm.
    for (const std::string& name : std::vector<std::string>{"n30", "n31", "n36"}) {
        EXPECT_GT(receivers_of(name).size(), 10U) << name;
    }
    for (const std::string& name : std::vector<std::string>{"n32", "n34", "n35"}) {
        EXPECT_GE(receivers_of(name).size(), 6U) << name;
        EXPECT_LE(receivers_of(name).size(), 8U) << name;
    }
}

TEST_F(Flood, InAStormSparesWhoDoesNotAnswer) {
    Peer& silent = rig.peer(rig.engine.subjects().front());
    silent.answers = false;
    while (rig.count<PingReq>() == 0) {
        ASSERT_TRUE(rig.step(rig.now + 20s));
    }
    int next = 10;
    for (int i = 0; i < 3; ++i) {
        while ("p" + std::to_string(next) == silent.profile.name) {
            ++next;
        }
        rig.forget_past();
        hear_of_deaths(next++, 1);
        rig.run_for(20ms);
    }
    const auto counts = told();
    EXPECT_EQ(counts.size(), rig.engine.subjects().size() - 1);
    EXPECT_FALSE(counts.contains(silent.profile.name));
}

TEST_F(Flood, OfManyChangesGoesToFewSubjectsInLongMessages) {
    hear_of_deaths(10, 40);
    rig.run_for(20ms);
    const std::set<std::string> subjects = named(rig.engine.subjects());
    ASSERT_GT(subjects.size(), kWaysOfLongFloods);
    const auto counts = told();
    EXPECT_GE(counts.size(), 2U);
    EXPECT_LE(counts.size(), kWaysOfLongFloods);
    for (const auto& [name, count] : counts) {
        EXPECT_TRUE(subjects.contains(name)) << name;
        EXPECT_EQ(count, 40U) << name;
    }
    EXPECT_EQ(rig.count<Gossip>(), counts.size()) << "40 changes fit one message";
    for (const Sent* each : rig.all_sent<Gossip>()) {
        EXPECT_LE(each->bytes.size(), 4096U);
    }
}

TEST_F(Flood, OfWhoIsHeldBackIsOfNewcomersAlone) {
    for (int i = 0; i < 2; ++i) {
        Said own = about_self(MemberState::Dead, rig.engine.self().claim.incarnation);
        own.accusers = {"p02", "p03"};
        rig.hear_gossip(rig.peer("p01"), {own});
        rig.run_for(1s);
    }
    ASSERT_GT(rig.engine.status(rig.now).held_for, 0s);
    rig.forget_past();
    hear_of_deaths(10, 3);
    EXPECT_EQ(rig.state_of("p10"), MemberState::Dead);
    rig.run_for(500ms);
    EXPECT_EQ(rig.count<Gossip>(), 0U);
    EXPECT_TRUE(rig.said_of("p10").empty());

    hear_of_deaths(13, 1);
    rig.hear_join(rig.add_stranger("new"), 900);
    rig.forget_past();
    rig.run_for(20ms);
    EXPECT_GE(rig.count<Gossip>(), 4U);
    EXPECT_FALSE(rig.said_of("new").empty()) << "nobody else may know of it";
    EXPECT_TRUE(rig.said_of("p13").empty());
}

TEST_F(Flood, OfWhoIsHeldBackTellsNoAccused) {
    const auto hear_by_sync = [this](int i) {
        Peer& accused = rig.peer("p" + std::to_string(i));
        rig.forget_past();
        rig.hear_sync(rig.peer("p01"), {with_profile(dead(accused, {"p02", "p03"}), accused)});
        rig.run_for(2s);
        EXPECT_EQ(rig.state_of(accused.profile.name), MemberState::Dead);
        return rig.count<Gossip>(&accused);
    };
    EXPECT_EQ(hear_by_sync(20), 3U);
    for (int i = 0; i < 2; ++i) {
        Said own = about_self(MemberState::Dead, rig.engine.self().claim.incarnation);
        own.accusers = {"p02", "p03"};
        rig.hear_gossip(rig.peer("p01"), {own});
        rig.run_for(50ms);
    }
    ASSERT_GT(rig.engine.status(rig.now).held_for, 0s);
    EXPECT_EQ(hear_by_sync(21), 0U);
}

// Who comes back from a long pause learns of many deaths at once, and is the last to.
TEST_F(Flood, OfDeathsBySyncTellsFewAccusedAtOnce) {
    std::vector<Said> deaths;
    for (int i = 10; i < 50; ++i) {
        Peer& accused = rig.peer("p" + std::to_string(i));
        deaths.push_back(with_profile(dead(accused, {"p02", "p03"}), accused));
    }
    rig.forget_past();
    rig.hear_sync(rig.peer("p01"), deaths);
    rig.run_for(10ms);
    EXPECT_EQ(told().size(), 16U);
    rig.run_for(2s);
    for (int i = 10; i < 50; ++i) {
        EXPECT_EQ(rig.state_of("p" + std::to_string(i)), MemberState::Dead) << i;
    }
}

// --- What the dead, and those who are wrong, are told ---

TEST_F(Flood, WhoIsDeadAndPingsIsAlwaysToldAndWhoAnswersByAFewAlone) {
    hear_of_deaths(10, 40);
    rig.run_for(1s);
    rig.forget_past();
    std::size_t told_of_answers = 0;
    for (int i = 10; i < 50; ++i) {
        const Peer& dead_peer = rig.peer("p" + std::to_string(i));
        rig.hear_ack(dead_peer, 4711);
        told_of_answers += rig.said_of(dead_peer.profile.name).empty() ? 0 : 1;
    }
    EXPECT_GE(told_of_answers, 3U);
    EXPECT_LE(told_of_answers, 20U);
    rig.run_for(2s);
    rig.forget_past();
    for (int i = 10; i < 50; ++i) {
        const std::string name = "p" + std::to_string(i);
        rig.hear_ping(rig.peer(name), 1, 800 + i);
        EXPECT_EQ(rig.said_of(name).size(), 1U) << name;
    }
}

TEST_F(Flood, WhereFewLiveAllTellTheDeadThatAnswer) {
    hear_of_deaths(10, 45);
    rig.run_for(1s);
    ASSERT_LE(rig.engine.status(rig.now).alive, 16U);
    rig.forget_past();
    for (int i = 10; i < 55; ++i) {
        rig.hear_ack(rig.peer("p" + std::to_string(i)), 4711);
    }
    EXPECT_EQ(rig.count<Gossip>(), 45U);
}

TEST_F(Flood, ARefutationThatIsOnItsWayIsNotRepeatedToEachWhoIsLate) {
    Said own = about_self(MemberState::Dead, 0);
    own.accusers = {"p02", "p03"};
    rig.hear_gossip(rig.peer("p01"), {own});
    rig.run_for(50ms);
    ASSERT_EQ(rig.engine.self().claim.incarnation, 1U);
    rig.forget_past();
    rig.hear_gossip(rig.peer("p04"), {own});
    EXPECT_EQ(rig.count<Gossip>(), 0U);
    rig.run_for(500ms);
    rig.forget_past();
    rig.hear_gossip(rig.peer("p04"), {own});
    EXPECT_EQ(rig.count<Gossip>(), 1U) << "now it is wrong";
}

}  // namespace
}  // namespace memberd::tests
