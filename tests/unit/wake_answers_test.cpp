// Mode memberd: what pings are answered with, above all when many waited.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "gossip/messages.hpp"
#include "tests/unit/support/engine_rig.hpp"

namespace memberd::tests {
namespace {

using namespace std::chrono_literals;

class WakeAnswers : public ::testing::Test {
  protected:
    WakeAnswers() {
        rig.add_many(20);
        rig.run_for(30s);
        rig.forget_past();
    }

    Peer& p(int i) { return rig.peer((i < 10 ? "p0" : "p") + std::to_string(i)); }

    void stand_still(Duration length = 7s) {
        rig.now += length;
        rig.engine.resumed(rig.now, length, rig.out);
        rig.collect();
    }

    // Sequences that were answered to this token or those after it, up to 99 of them.
    std::vector<std::uint32_t> answered(ReplyToken from) {
        std::vector<std::uint32_t> sequences;
        for (const Sent* ack : rig.all_sent<Ack>()) {
            if (ack->reply_to >= from && ack->reply_to < from + 100) {
                sequences.push_back(ack->body<Ack>().sequence);
            }
        }
        return sequences;
    }

    EngineRig rig;
};

TEST_F(WakeAnswers, AreForEachPingWhereNothingWaited) {
    for (std::uint32_t i = 0; i < 5; ++i) {
        rig.hear_ping(p(1), 10 + i, 100 + i);
    }
    EXPECT_EQ(answered(100), (std::vector<std::uint32_t>{10, 11, 12, 13, 14}));
}

TEST_F(WakeAnswers, AreForTheFirstAndTheLastOfEachThatWaited) {
    stand_still();
    for (std::uint32_t i = 0; i < 5; ++i) {
        rig.hear_ping(p(1), 10 + i, 100 + i);
        rig.hear_ping(p(2), 20 + i, 200 + i);
    }
    rig.hear_ping(p(3), 30, 300);
    EXPECT_EQ(answered(100), (std::vector<std::uint32_t>{10}));
    rig.run_for(25ms);
    EXPECT_EQ(answered(100), (std::vector<std::uint32_t>{10, 14}));
    EXPECT_EQ(answered(200), (std::vector<std::uint32_t>{20, 24}));
    EXPECT_EQ(answered(300), (std::vector<std::uint32_t>{30})) << "nothing came after it";
}

// It may stand still again at once, and what it is asked last must be answered before.
TEST_F(WakeAnswers, AreForEachAfterAPauseThatIsForgiven) {
    for (int i = 0; i < 5; ++i) {
        stand_still(2s);
        rig.run_for(1ms);
    }
    for (std::uint32_t i = 0; i < 5; ++i) {
        rig.hear_ping(p(1), 10 + i, 100 + i);
    }
    EXPECT_EQ(answered(100), (std::vector<std::uint32_t>{10, 11, 12, 13, 14}));
}

TEST_F(WakeAnswers, AreForEachAfterLessThanTwoDepthsOfSilence) {
    ASSERT_NE(rig.run_until_sent<Ping>(8s), nullptr);
    rig.run_for(2ms);  // It is answered.
    stand_still(5s);
    for (std::uint32_t i = 0; i < 5; ++i) {
        rig.hear_ping(p(1), 10 + i, 100 + i);
    }
    EXPECT_EQ(answered(100), (std::vector<std::uint32_t>{10, 11, 12, 13, 14}));
}

TEST_F(WakeAnswers, AreForEachAgainSoonAfterwards) {
    stand_still();
    rig.run_for(1s);
    ASSERT_EQ(rig.engine.status(rig.now).doubt, "");
    for (std::uint32_t i = 0; i < 3; ++i) {
        rig.hear_ping(p(1), 10 + i, 100 + i);
    }
    EXPECT_EQ(answered(100), (std::vector<std::uint32_t>{10, 11, 12}));
}

TEST_F(WakeAnswers, AreForEachBeyondWhatIsKept) {
    stand_still();
    std::vector<const Peer*> many;
    for (int i = 0; i < 300; ++i) {
        Peer& newcomer = rig.add_stranger("n" + std::to_string(i));
        rig.hear_gossip(p(1), {with_profile(alive(newcomer), newcomer)});
        many.push_back(&newcomer);
    }
    stand_still();
    for (std::uint32_t i = 0; i < 300; ++i) {
        for (std::uint32_t k = 0; k < 3; ++k) {
            rig.hear_ping(*many[i], k, 10'000 + 100 * i + k);
        }
    }
    EXPECT_EQ(answered(10'000).size(), 1U);
    EXPECT_EQ(answered(10'000 + 100 * 299).size(), 3U) << "no ping may be lost for want of room";
}

TEST_F(WakeAnswers, CarryTheNewsThatTheAskerLacks) {
    rig.hear_gossip(p(1), {dead(p(5), {"p02", "p03"})});
    rig.run_for(1s);
    rig.forget_past();
    rig.hear_ping(p(5), 7, 100);
    ASSERT_EQ(rig.all_sent<Ack>().size(), 1U);
    const std::vector<Said> news = rig.all_sent<Ack>()[0]->updates();
    ASSERT_EQ(news.size(), 1U);
    EXPECT_EQ(news[0].name, "p05");
    EXPECT_EQ(news[0].claim.state, MemberState::Dead);
    EXPECT_EQ(news[0].accusers, (std::vector<std::string>{"p02", "p03"}));
    EXPECT_EQ(rig.count<Gossip>(), 0U);
}

TEST_F(WakeAnswers, StayWithinTheirLimit) {
    std::vector<Said> old;
    std::vector<Said> now;
    for (int i = 5; i < 12; ++i) {
        old.push_back(with_profile(alive(p(i)), p(i)));
        p(i).profile.tags = {{"note", std::string(180, 'x')}};
        now.push_back(with_profile(alive(p(i), 1), p(i)));
    }
    rig.hear_gossip(p(1), now);
    rig.run_for(1s);
    rig.forget_past();
    rig.hear_ping(p(2), 7, 100, old);
    ASSERT_EQ(answered(100), (std::vector<std::uint32_t>{7}));
    EXPECT_TRUE(rig.all_sent<Ack>()[0]->updates().empty());
    EXPECT_LE(rig.all_sent<Ack>()[0]->bytes.size(), kProbeBytesMax);
    ASSERT_EQ(rig.count<Gossip>(), 1U);
    EXPECT_EQ(rig.all_sent<Gossip>()[0]->updates().size(), 7U);
}

}  // namespace
}  // namespace memberd::tests
