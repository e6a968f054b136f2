#include "chaos/experiments/forecast.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

Death alarm(Duration at, Member observer, Member victim, bool is_false = true) {
    Death death;
    death.at = kBeginning + at;
    death.observer = observer;
    death.victim = victim;
    death.is_false = is_false;
    return death;
}

TEST(Forecast, AMemberThatManyTakeForDeadIsOneFalseAlarm) {
    const std::vector<Death> deaths{alarm(1s, 0, 3), alarm(1s, 1, 3), alarm(2s, 2, 3),
                                    alarm(2s, 2, 4)};

    EXPECT_EQ(count_false_alarms(deaths), 2U);
}

TEST(Forecast, TheSameMemberIsAnotherAlarmAfterTheGap) {
    const std::vector<Death> at_the_gap{alarm(1s, 0, 3), alarm(61s, 0, 3)};
    const std::vector<Death> after_the_gap{alarm(1s, 0, 3), alarm(62s, 0, 3)};

    EXPECT_EQ(count_false_alarms(at_the_gap), 1U);
    EXPECT_EQ(count_false_alarms(after_the_gap), 2U);
}

TEST(Forecast, ADeathThatIsOneIsNoAlarm) {
    const std::vector<Death> deaths{alarm(1s, 0, 3, false)};

    EXPECT_EQ(count_false_alarms(deaths), 0U);
}

ForecastOptions small() {
    ForecastOptions options;
    options.cluster.n = 8;
    options.cluster.seed = 5;
    options.soak = 30s;
    options.kills = 2;
    return options;
}

TEST(Forecast, FindsBothKindsOfDeathsAndTheLoadOfAnIdleCluster) {
    const Forecast found = forecast(small());

    EXPECT_EQ(found.failure, "");
    ASSERT_EQ(found.discoveries.size(), 4U);
    for (std::size_t i = 0; i < found.discoveries.size(); ++i) {
        const Discovery& discovery = found.discoveries[i];
        EXPECT_EQ(discovery.kind, i % 2 == 0 ? DeathKind::SilentMachine : DeathKind::KilledProcess);
        ASSERT_TRUE(discovery.first_s && discovery.everywhere_s);
        EXPECT_GT(*discovery.first_s, 0.0);
        EXPECT_LE(*discovery.first_s, *discovery.everywhere_s);
        EXPECT_LT(*discovery.everywhere_s, 10.0);
    }
    EXPECT_EQ(found.false_alarms, 0U);
    EXPECT_EQ(found.false_alarms_while_dying, 0U);
    EXPECT_NEAR(found.member_hours, 8 * 30 / 3600.0, 1e-9);
    // A ping and its ack for each member and period, and a little more.
    EXPECT_GT(found.messages_per_member_second, 1.9);
    EXPECT_LT(found.messages_per_member_second, 4.0);
}

TEST(Forecast, CountsAlarmsWhereTheNetworkLosesTooMuch) {
    ForecastOptions options = small();
    options.cluster.mode = Mode::Swim;
    options.cluster.carrying = Carrying::Datagram;
    options.cluster.network.loss = 0.5;
    options.soak = 120s;
    options.kills = 0;

    EXPECT_GT(forecast(options).false_alarms, 0U);
}

TEST(Forecast, IsTheSameAfterItsWayThroughAPipe) {
    const Forecast here = forecast(small());

    const Forecast there = forecast_from_text(to_text(here));

    EXPECT_EQ(to_text(there), to_text(here));
    ASSERT_EQ(there.discoveries.size(), here.discoveries.size());
    EXPECT_EQ(there.discoveries[1].kind, here.discoveries[1].kind);
    EXPECT_EQ(there.discoveries[1].first_s, here.discoveries[1].first_s);
    EXPECT_EQ(there.trace_hash, here.trace_hash);
}

}  // namespace
}  // namespace memberd::sim
