#include "detector/answer_record.hpp"

#include <gtest/gtest.h>

#include "tests/unit/support/start.hpp"

namespace memberd {
namespace {

using namespace std::chrono_literals;

constexpr Duration kSpacing = 500ms;
constexpr Duration kTimeout = 300ms;

// Asks every half second, from `at` on; 'x' is missed, 'o' is answered after 10 ms.
Instant ask(AnswerRecord& record, Instant at, std::string_view pattern) {
    std::uint32_t sequence = 100;
    for (const char each : pattern) {
        record.sent(sequence, at, at + kTimeout, kSpacing);
        if (each == 'o') {
            record.answered(sequence, at + 10ms);
        }
        at += kSpacing;
        ++sequence;
    }
    record.expire(at);
    return at;
}

TEST(AnswerRecord, IsBadFromNineMissesInTwelve) {
    AnswerRecord nine;
    const Instant end = ask(nine, kStart, "xxxoxxxoxxxo");
    EXPECT_TRUE(nine.is_bad(kStart));
    EXPECT_EQ(nine.share(kStart).missed, 9U);
    EXPECT_EQ(nine.share(kStart).all, 12U);
    ask(nine, end, "oo");  // The window moves: two misses fall out of it, two answers come in.
    EXPECT_EQ(nine.share(kStart).missed, 7U);
    EXPECT_FALSE(nine.is_bad(kStart));

    AnswerRecord eight;
    ask(eight, kStart, "xxooxxxoxxxo");
    EXPECT_FALSE(eight.is_bad(kStart));
}

TEST(AnswerRecord, IsNotBadOnceTheLastTwoWereAnswered) {
    AnswerRecord record;
    Instant at = ask(record, kStart, "xxxxxxxxxxxo");
    EXPECT_TRUE(record.is_bad(kStart));
    at = ask(record, at, "o");
    EXPECT_EQ(record.share(kStart).missed, 10U);
    EXPECT_FALSE(record.is_bad(kStart));
    ask(record, at, "x");
    EXPECT_TRUE(record.is_bad(kStart));
}

TEST(AnswerRecord, IsNeitherBadNorFineBeforeItWasAskedEnough) {
    AnswerRecord record;
    EXPECT_FALSE(record.is_fine(kStart));
    EXPECT_FALSE(record.is_doubtful(kStart));
    ask(record, kStart, "xxxxxxxxxxx");
    EXPECT_FALSE(record.is_bad(kStart));
}

TEST(AnswerRecord, ForgetsWhatWasAskedBefore) {
    AnswerRecord record;
    ask(record, kStart, "xxxxxxxxxxxx");
    EXPECT_TRUE(record.is_bad(kStart));
    EXPECT_FALSE(record.is_bad(kStart + 1ms));
    EXPECT_EQ(record.share(kStart + 1ms).all, 11U);
    EXPECT_TRUE(record.is_doubtful(kStart + 5s));
    EXPECT_FALSE(record.is_doubtful(kStart + 5001ms));
}

TEST(AnswerRecord, IsFineUpToOneMissInFour) {
    AnswerRecord fine;
    ask(fine, kStart, "oxoo");
    EXPECT_TRUE(fine.is_fine(kStart));
    AnswerRecord worse;
    ask(worse, kStart, "oxo");
    EXPECT_FALSE(worse.is_fine(kStart));
}

TEST(AnswerRecord, IsDoubtfulAfterTwoMissesInARow) {
    AnswerRecord record;
    Instant at = ask(record, kStart, "ooxox");
    EXPECT_FALSE(record.is_doubtful(kStart));
    at = ask(record, at, "x");
    EXPECT_TRUE(record.is_doubtful(kStart));
    ask(record, at, "o");
    EXPECT_FALSE(record.is_doubtful(kStart));
}

TEST(AnswerRecord, CountsAPauseAsFewMissesHoweverOftenItWasAsked) {
    AnswerRecord record;
    std::uint32_t sequence = 0;
    for (Instant at = kStart; at < kStart + 2s; at += 50ms) {
        record.sent(++sequence, at, at + kTimeout, kSpacing);
    }
    record.expire(kStart + 3s);
    EXPECT_EQ(record.share(kStart).all, 4U);
}

TEST(AnswerRecord, CountsAnAnswerThatIsTooLateAsNone) {
    AnswerRecord record;
    record.sent(1, kStart, kStart + kTimeout, kSpacing);
    record.answered(1, kStart + kTimeout);
    record.answered(1, kStart + kTimeout);
    EXPECT_EQ(record.share(kStart).missed, 1U);
    EXPECT_EQ(record.share(kStart).all, 1U);

    record.sent(2, kStart + 1s, kStart + 1s + kTimeout, kSpacing);
    record.answered(2, kStart + 1s + kTimeout - 1ns);
    record.answered(2, kStart + 1s + kTimeout - 1ns);
    record.answered(3, kStart + 1s + kTimeout - 1ns);  // Never asked.
    EXPECT_EQ(record.share(kStart).missed, 1U);
    EXPECT_EQ(record.share(kStart).all, 2U);
}

TEST(AnswerRecord, DoesNotCountWhatWasUndecidedWhenThisProcessStoodStill) {
    AnswerRecord record;
    record.sent(1, kStart, kStart + kTimeout, kSpacing);
    record.forget_undecided();
    record.expire(kStart + 1h);
    EXPECT_EQ(record.share(kStart).all, 0U);
}

TEST(AnswerRecord, CountsNoMoreThanFourUndecidedAtOnce) {
    AnswerRecord record;
    for (std::uint32_t i = 0; i < 6; ++i) {
        record.sent(i, kStart + i * 1s, kStart + 1h, kSpacing);
    }
    record.expire(kStart + 2h);
    EXPECT_EQ(record.share(kStart).all, 4U);
}

}  // namespace
}  // namespace memberd
