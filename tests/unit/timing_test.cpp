#include "detector/timing.hpp"

#include <gtest/gtest.h>

#include "detector/phi.hpp"

namespace memberd {
namespace {

using namespace std::chrono_literals;

constexpr TimingProfile kAll[] = {TimingProfile::Lan, TimingProfile::Local, TimingProfile::Wan};

TEST(Timing, IsReadByItsNameAndByNoOther) {
    for (const TimingProfile profile : kAll) {
        const auto parsed = parse_timing_profile(to_string(profile));
        ASSERT_TRUE(parsed.has_value());
        EXPECT_EQ(*parsed, profile);
    }
    for (const auto* bad : {"", "LAN", "lan ", "la", "wide"}) {
        EXPECT_EQ(parse_timing_profile(bad).error().code, ErrorCode::BadInput) << bad;
    }
    EXPECT_EQ(parse_timing_profile("moon").error().text,
              "unknown profile 'moon': it is lan, local or wan");
}

TEST(Timing, KeepsTheOrderInWhichACaseUnfolds) {
    for (const TimingProfile profile : kAll) {
        const Timing& t = timing_of(profile);
        SCOPED_TRACE(to_string(profile));

        EXPECT_LT(t.probe_timeout_min, t.probe_timeout_max);
        // A miss is looked at before it is a suspicion, and that is told before it is a death.
        EXPECT_LT(t.probe_timeout_min, t.suspect_after);
        EXPECT_LT(t.suspect_after, t.silence_min);
        // A refusal is quicker than silence, and is said twice at least: pings go on until then.
        EXPECT_LE(t.refused_for, t.suspect_after);
        EXPECT_LT(t.fresh_ping_interval, t.refused_for / 2);
        EXPECT_LT(t.silence_min, t.silence_max);
        // One suspicion may be lost on the way and the accuser still counts at the deadline.
        EXPECT_GE(t.suspicion_validity, 2 * t.suspicion_resend);
        EXPECT_GE(t.silence_min - t.suspect_after, 2 * t.suspicion_resend);
        // Also where they are said half as often.
        EXPECT_LT(2 * t.suspicion_resend, t.suspicion_validity);
        // Whoever hears nobody doubts before it declares, and is not in doubt by its own probes.
        EXPECT_LT(t.self_doubt.silence, t.silence_min);
        EXPECT_GT(t.self_doubt.silence, t.period);
        EXPECT_LT(t.self_doubt.stall_min, t.suspect_after);
        EXPECT_LT(t.baseline.probe_timeout, t.baseline.period);
        EXPECT_GE(t.ring_count, t.accuser_count);
    }
}

TEST(Timing, DeclaresANewSteadyPeerLittleAfterP) {
    for (const TimingProfile profile : kAll) {
        const Timing& t = timing_of(profile);
        SCOPED_TRACE(to_string(profile));
        const RoundTrips fresh(t.round_trips);

        const Duration silence =
            required_silence(t.silence_min, t.silence_max, t.phi_threshold, fresh);

        EXPECT_GT(silence, t.silence_min);
        EXPECT_LT(silence, t.silence_min + t.silence_min / 8);
        EXPECT_EQ(silence, fresh.depth(t.silence_min, t.silence_max));
    }
}

TEST(Timing, HoldsTheConstantsOfTheLanTable) {
    const Timing& t = timing_of(TimingProfile::Lan);
    EXPECT_EQ(t.period, 1s);
    EXPECT_EQ(t.suspect_after, 1800ms);
    EXPECT_EQ(t.silence_min, 2800ms);
    EXPECT_EQ(t.silence_max, 6s);
    EXPECT_EQ(t.self_doubt.silence, 2500ms);
    EXPECT_EQ(t.self_doubt.doubt_max, 10s);
    EXPECT_EQ(t.baseline.alpha, 4);
    EXPECT_EQ(t.baseline.beta, 6);
    EXPECT_EQ(t.baseline.confirmations, 3U);
}

TEST(AccusersNeeded, AreFourWhereFourCanSeeIt) {
    EXPECT_EQ(accusers_needed(4, 128, 7), 4U);
    EXPECT_EQ(accusers_needed(4, 5, 4), 4U);
}

TEST(AccusersNeeded, AreAsManyAsReachMeButAtLeastTwo) {
    EXPECT_EQ(accusers_needed(4, 128, 3), 3U);
    EXPECT_EQ(accusers_needed(4, 128, 2), 2U);
    EXPECT_EQ(accusers_needed(4, 128, 1), 2U);
    EXPECT_EQ(accusers_needed(4, 128, 0), 2U);
}

TEST(AccusersNeeded, AreNoMoreThanAllButTheAccused) {
    EXPECT_EQ(accusers_needed(4, 2, 1), 1U);
    EXPECT_EQ(accusers_needed(4, 3, 2), 2U);
    EXPECT_EQ(accusers_needed(4, 4, 3), 3U);
    EXPECT_EQ(accusers_needed(4, 5, 3), 3U);
}

TEST(AccusersNeededDeathTest, NeedSomebodyToAccuse) {
    EXPECT_DEATH(static_cast<void>(accusers_needed(4, 1, 1)), "nobody can be accused");
}

}  // namespace
}  // namespace memberd
