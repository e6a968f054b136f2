#include "detector/self_doubt.hpp"

#include <gtest/gtest.h>

#include "tests/unit/support/start.hpp"

namespace memberd {
namespace {

using namespace std::chrono_literals;

constexpr SelfDoubtSettings kDoubtSettings{2500ms, 10s, 500ms, 400ms, 10min, 3};

// One request a second, each answered after `round_trip`; returns when the last was answered.
Instant answer_often(SelfDoubt& doubt, Instant now, int times, Duration round_trip) {
    for (int i = 0; i < times; ++i) {
        now += 1s;
        doubt.sent(now);
        static_cast<void>(doubt.answered(now + round_trip, round_trip));
    }
    return now + round_trip;
}

TEST(SelfDoubt, IsAbsentAtTheStartAndWithoutRequests) {
    const SelfDoubt doubt(kDoubtSettings);

    EXPECT_EQ(doubt.doubts(kStart), DoubtReason::None);
    EXPECT_EQ(doubt.doubts(kStart + 24h), DoubtReason::None);
    EXPECT_FALSE(doubt.alone(kStart + 24h));
    EXPECT_EQ(doubt.next_change(kStart), kNever);
}

TEST(SelfDoubt, BeginsWhenARequestIsUnansweredForW) {
    SelfDoubt doubt(kDoubtSettings);

    doubt.sent(kStart);

    EXPECT_EQ(doubt.next_change(kStart), kStart + 2500ms);
    EXPECT_EQ(doubt.doubts(kStart + 2499ms), DoubtReason::None);
    EXPECT_EQ(doubt.doubts(kStart + 2500ms), DoubtReason::Silence);
}

TEST(SelfDoubt, CountsSilenceFromTheOldestRequestSinceTheLastAnswer) {
    SelfDoubt doubt(kDoubtSettings);
    doubt.sent(kStart);
    doubt.sent(kStart + 2s);
    EXPECT_EQ(doubt.doubts(kStart + 2500ms), DoubtReason::Silence);

    EXPECT_EQ(doubt.answered(kStart + 2600ms, 600ms), AfterAnswer::RestartCases);

    // Nothing is asked any more, so nothing is missing.
    EXPECT_EQ(doubt.doubts(kStart + 1h), DoubtReason::None);
    doubt.sent(kStart + 2h);
    EXPECT_EQ(doubt.doubts(kStart + 2h + 2499ms), DoubtReason::None);
    EXPECT_EQ(doubt.doubts(kStart + 2h + 2500ms), DoubtReason::Silence);
}

TEST(SelfDoubt, GoesOnWhereOnlyAnOldRequestIsAnswered) {
    SelfDoubt doubt(kDoubtSettings);
    doubt.sent(kStart);
    doubt.sent(kStart + 1s);
    ASSERT_EQ(doubt.doubts(kStart + 4s), DoubtReason::Silence);

    EXPECT_EQ(doubt.answered(kStart + 4s, 4s), AfterAnswer::GoOn);
    EXPECT_EQ(doubt.doubts(kStart + 4s), DoubtReason::Silence);
    EXPECT_EQ(doubt.answered(kStart + 4s, 3s), AfterAnswer::RestartCases);
    EXPECT_EQ(doubt.doubts(kStart + 4s), DoubtReason::None);
}

TEST(SelfDoubt, BeginsWAfterTheRequestThatWasAnsweredLast) {
    SelfDoubt doubt(kDoubtSettings);
    for (int i = 0; i < 4; ++i) {
        doubt.sent(kStart + i * 1s);
    }
    // Out of order: the later request counts.
    EXPECT_EQ(doubt.answered(kStart + 2400ms, 400ms), AfterAnswer::GoOn);
    EXPECT_EQ(doubt.answered(kStart + 2450ms, 2450ms), AfterAnswer::GoOn);
    EXPECT_EQ(doubt.doubts(kStart + 4499ms), DoubtReason::None);
    EXPECT_EQ(doubt.doubts(kStart + 4500ms), DoubtReason::Silence);
}

TEST(SelfDoubt, DoesNotAriseFromOnePeerThatIsSilentWhileAnotherAnswers) {
    SelfDoubt doubt(kDoubtSettings);
    for (int i = 0; i < 100; ++i) {
        const Instant now = kStart + i * 2s;
        doubt.sent(now);
        doubt.sent(now + 1s);
        EXPECT_EQ(doubt.doubts(now + 1s), DoubtReason::None);
        EXPECT_EQ(doubt.answered(now + 1001ms, 1ms), AfterAnswer::GoOn);
    }
}

TEST(SelfDoubt, FromSilenceAloneEndsAfterTenSecondsAndThenIsAlone) {
    SelfDoubt doubt(kDoubtSettings);
    doubt.sent(kStart);
    const Instant begun = kStart + 2500ms;

    EXPECT_EQ(doubt.next_change(begun), begun + 10s);
    EXPECT_EQ(doubt.doubts(begun + 9999ms), DoubtReason::Silence);
    EXPECT_FALSE(doubt.alone(begun + 9999ms));
    EXPECT_EQ(doubt.doubts(begun + 10s), DoubtReason::None);
    EXPECT_TRUE(doubt.alone(begun + 10s));
    EXPECT_EQ(doubt.next_change(begun + 10s), kNever);
}

TEST(SelfDoubt, FromSilenceLastsTheLongerTheMoreOthersWouldHaveToHaveFailedAtOnce) {
    struct Company {
        std::uint32_t others;
        Duration lasts;
    };

    for (const Company& each : {Company{0, 10s}, Company{1, 10s}, Company{2, 20s}, Company{7, 30s},
                                Company{8, 40s}, Company{127, 70s}}) {
        SelfDoubt doubt(kDoubtSettings);
        doubt.set_company(each.others);
        doubt.sent(kStart);
        const Instant begun = kStart + 2500ms;

        EXPECT_EQ(doubt.next_change(begun), begun + each.lasts) << each.others;
        EXPECT_EQ(doubt.doubts(begun + each.lasts - 1ms), DoubtReason::Silence) << each.others;
        EXPECT_TRUE(doubt.alone(begun + each.lasts)) << each.others;
    }
}

TEST(SelfDoubt, OfAStallIsNoLongerWhereThereAreMany) {
    SelfDoubt doubt(kDoubtSettings);
    doubt.set_company(127);
    doubt.paused(kStart, 30s);

    EXPECT_EQ(doubt.doubts(kStart + 9999ms), DoubtReason::Pause);
    EXPECT_EQ(doubt.doubts(kStart + 10s), DoubtReason::None);
}

TEST(SelfDoubt, RestartsTheCasesAlsoWhenTheAnswerComesAfterItEndedAlone) {
    SelfDoubt doubt(kDoubtSettings);
    doubt.sent(kStart);
    ASSERT_TRUE(doubt.alone(kStart + 1min));

    EXPECT_EQ(doubt.answered(kStart + 1min, 1min), AfterAnswer::RestartCases);

    EXPECT_FALSE(doubt.alone(kStart + 1min));
    EXPECT_FALSE(doubt.alone(kStart + 1h));
}

TEST(SelfDoubt, LastsTenSecondsFromAStallInTheSilence) {
    SelfDoubt doubt(kDoubtSettings);
    doubt.sent(kStart);
    const Instant stall = kStart + 10s;

    doubt.late(stall, 500ms);

    EXPECT_EQ(doubt.doubts(stall + 9999ms), DoubtReason::LateLoop);
    EXPECT_FALSE(doubt.alone(stall + 9999ms));
    EXPECT_EQ(doubt.doubts(stall + 10s), DoubtReason::None);
    EXPECT_TRUE(doubt.alone(stall + 10s));
}

TEST(SelfDoubt, FollowsAPauseFromHalfASecondUntilTheNextAnswer) {
    SelfDoubt doubt(kDoubtSettings);

    doubt.paused(kStart, 499ms);
    EXPECT_EQ(doubt.doubts(kStart), DoubtReason::None);
    doubt.paused(kStart, 500ms);
    EXPECT_EQ(doubt.doubts(kStart), DoubtReason::Pause);
    EXPECT_EQ(doubt.doubts(kStart + 5s), DoubtReason::Pause);

    EXPECT_EQ(doubt.answered(kStart + 5s, 1ms), AfterAnswer::RestartCases);
    EXPECT_EQ(doubt.doubts(kStart + 5s), DoubtReason::None);
    EXPECT_EQ(doubt.answered(kStart + 6s, 1ms), AfterAnswer::GoOn);
}

TEST(SelfDoubt, FollowsALateLoopFromHalfASecond) {
    SelfDoubt doubt(kDoubtSettings);

    doubt.late(kStart, 499ms);
    EXPECT_EQ(doubt.doubts(kStart), DoubtReason::None);
    doubt.late(kStart, 500ms);
    EXPECT_EQ(doubt.doubts(kStart), DoubtReason::LateLoop);
    EXPECT_EQ(doubt.answered(kStart, 1ms), AfterAnswer::RestartCases);
}

TEST(SelfDoubt, FromAPauseEndsWithoutAnAnswerTenSecondsLater) {
    SelfDoubt doubt(kDoubtSettings);
    doubt.paused(kStart, 30s);

    EXPECT_EQ(doubt.next_change(kStart), kStart + 10s);
    EXPECT_EQ(doubt.doubts(kStart + 9999ms), DoubtReason::Pause);
    EXPECT_EQ(doubt.doubts(kStart + 10s), DoubtReason::None);
    EXPECT_FALSE(doubt.alone(kStart + 10s));
}

TEST(SelfDoubt, PassesFromAPauseToTheSilenceThatBeganUnderIt) {
    SelfDoubt doubt(kDoubtSettings);
    doubt.paused(kStart, 3s);
    doubt.sent(kStart + 8s);

    EXPECT_EQ(doubt.doubts(kStart + 9999ms), DoubtReason::Pause);
    EXPECT_EQ(doubt.doubts(kStart + 10s), DoubtReason::None);
    EXPECT_EQ(doubt.doubts(kStart + 10500ms), DoubtReason::Silence);
    EXPECT_EQ(doubt.doubts(kStart + 20499ms), DoubtReason::Silence);
    EXPECT_TRUE(doubt.alone(kStart + 20500ms));
}

TEST(SelfDoubt, FollowsTheMedianOfNineSlowAnswers) {
    SelfDoubt doubt(kDoubtSettings);
    Instant now = answer_often(doubt, kStart, 100, 10ms);

    now = answer_often(doubt, now, 4, 401ms);
    EXPECT_EQ(doubt.doubts(now), DoubtReason::None);
    now = answer_often(doubt, now, 1, 401ms);

    EXPECT_EQ(doubt.doubts(now), DoubtReason::SlowAnswers);
}

TEST(SelfDoubt, AllowsAnswersAsSlowAsTheFloor) {
    SelfDoubt doubt(kDoubtSettings);
    Instant now = answer_often(doubt, kStart, 100, 10ms);

    now = answer_often(doubt, now, 9, 399ms);

    EXPECT_EQ(doubt.doubts(now), DoubtReason::None);
}

TEST(SelfDoubt, FromSlowAnswersEndsWhenTheirMedianFalls) {
    SelfDoubt doubt(kDoubtSettings);
    Instant now = answer_often(doubt, kStart, 100, 10ms);
    now = answer_often(doubt, now, 9, 800ms);
    for (int i = 0; i < 4; ++i) {
        now += 1s;
        EXPECT_EQ(doubt.answered(now, 10ms), AfterAnswer::GoOn);
        EXPECT_EQ(doubt.doubts(now), DoubtReason::SlowAnswers);
    }

    EXPECT_EQ(doubt.answered(now + 1s, 10ms), AfterAnswer::RestartCases);

    EXPECT_EQ(doubt.doubts(now + 1s), DoubtReason::None);
    EXPECT_EQ(doubt.answered(now + 2s, 10ms), AfterAnswer::GoOn);
}

TEST(SelfDoubt, FromSlowAnswersGivesWayToSilenceAndEndsWithIt) {
    SelfDoubt doubt(kDoubtSettings);
    Instant now = answer_often(doubt, kStart, 100, 10ms);
    now = answer_often(doubt, now, 9, 800ms);
    doubt.sent(now);

    EXPECT_EQ(doubt.doubts(now + 2499ms), DoubtReason::SlowAnswers);
    EXPECT_EQ(doubt.doubts(now + 2500ms), DoubtReason::Silence);
    EXPECT_EQ(doubt.doubts(now + 12500ms), DoubtReason::None);
    EXPECT_TRUE(doubt.alone(now + 12500ms));
}

TEST(SelfDoubt, NeedsNineAnswersToCallThemSlow) {
    SelfDoubt doubt(kDoubtSettings);
    static_cast<void>(answer_often(doubt, kStart, 1, 10ms));
    Instant now = answer_often(doubt, kStart, 7, 900ms);
    EXPECT_EQ(doubt.doubts(now), DoubtReason::None);
}

// Usual answers of 300 ms are in the class up to 133.3 x 2^(4/3) = 336.0 ms: 3 x that is 1,007.9
// ms.
TEST(SelfDoubt, MeasuresSlowAnswersAgainstWhatIsUsual) {
    SelfDoubt doubt(kDoubtSettings);
    const Instant now = answer_often(doubt, kStart, 100, 300ms);
    SelfDoubt slower = doubt;

    EXPECT_EQ(doubt.doubts(answer_often(doubt, now, 9, 1007ms)), DoubtReason::None);
    EXPECT_EQ(slower.doubts(answer_often(slower, now, 9, 1009ms)), DoubtReason::SlowAnswers);
}

TEST(SelfDoubt, CallsAnswersSlowThatComeAfterTheirSenderIsSuspectedWhateverIsUsual) {
    SelfDoubt doubt(kDoubtSettings);
    const Instant now = answer_often(doubt, kStart, 100, 1s);
    SelfDoubt slower = doubt;

    EXPECT_EQ(doubt.doubts(answer_often(doubt, now, 9, 1799ms)), DoubtReason::None);
    EXPECT_EQ(slower.doubts(answer_often(slower, now, 9, 1801ms)), DoubtReason::SlowAnswers);
}

// Whoever gets into trouble asks more, so it is time that counts.
TEST(SelfDoubt, DoesNotTakeSlownessForUsualBecauseOfManyAnswersAtATime) {
    SelfDoubt doubt(kDoubtSettings);
    Instant now = answer_often(doubt, kStart, 100, 10ms);

    for (int i = 0; i < 5000; ++i) {
        now += 5ms;
        doubt.sent(now);
        static_cast<void>(doubt.answered(now, 800ms));
    }

    EXPECT_EQ(doubt.doubts(now), DoubtReason::SlowAnswers);
}

TEST(SelfDoubt, TakesSlownessForUsualWhenItHasLastedHalfTheMemory) {
    SelfDoubt doubt(kDoubtSettings);
    Instant now = answer_often(doubt, kStart, 600, 10ms);

    now = answer_often(doubt, now, 60, 800ms);
    EXPECT_EQ(doubt.doubts(now), DoubtReason::SlowAnswers);
    now = answer_often(doubt, now, 600, 800ms);

    EXPECT_EQ(doubt.doubts(now), DoubtReason::None);
}

TEST(SelfDoubt, ForgetsWhatWasUsualWhenItBeganAWholeMemoryAgo) {
    SelfDoubt remembering(kDoubtSettings);
    static_cast<void>(answer_often(remembering, kStart, 100, 10ms));
    SelfDoubt forgetting = remembering;
    const Instant began = kStart + 1s + 10ms;

    static_cast<void>(remembering.answered(began + 10min - 1ms, 800ms));
    static_cast<void>(forgetting.answered(began + 10min, 800ms));

    const Instant later = began + 10min;
    EXPECT_EQ(remembering.doubts(answer_often(remembering, later, 8, 800ms)),
              DoubtReason::SlowAnswers);
    EXPECT_EQ(forgetting.doubts(answer_often(forgetting, later, 8, 800ms)), DoubtReason::None);
}

TEST(SelfDoubt, ForgetsTheLastFewAnswersWithTheLongRun) {
    SelfDoubt doubt(kDoubtSettings);
    Instant now = answer_often(doubt, kStart, 100, 10ms);
    now = answer_often(doubt, now, 9, 800ms);
    ASSERT_EQ(doubt.doubts(now), DoubtReason::SlowAnswers);

    now += 20min;
    EXPECT_EQ(doubt.answered(now, 10ms), AfterAnswer::RestartCases);

    EXPECT_EQ(doubt.doubts(now), DoubtReason::None);
}

TEST(SelfDoubtDeathTest, RefusesLimitsOfZero) {
    SelfDoubtSettings broken = kDoubtSettings;
    broken.silence = 0ms;
    EXPECT_DEATH(static_cast<void>(SelfDoubt(broken)), "zero or less");
}

}  // namespace
}  // namespace memberd
