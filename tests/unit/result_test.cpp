#include "detector/result.hpp"

#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace memberd {
namespace {

Result<int> half(int number) {
    if (number % 2 != 0) {
        return Error{ErrorCode::BadInput, "halving an odd number"};
    }
    return number / 2;
}

TEST(Result, HoldsTheValueOfASuccess) {
    const auto result = half(8);

    EXPECT_TRUE(result.has_value());
    EXPECT_TRUE(static_cast<bool>(result));
    EXPECT_EQ(result.value(), 4);
    EXPECT_EQ(*result, 4);
}

TEST(Result, HoldsTheErrorOfAFailure) {
    const auto result = half(7);

    EXPECT_FALSE(result.has_value());
    EXPECT_FALSE(static_cast<bool>(result));
    EXPECT_EQ(result.error(), (Error{ErrorCode::BadInput, "halving an odd number"}));
}

TEST(Result, GivesAwayAValueThatCannotBeCopied) {
    Result<std::unique_ptr<int>> result(std::make_unique<int>(5));

    const std::unique_ptr<int> taken = std::move(result).value();

    EXPECT_EQ(*taken, 5);
}

TEST(Result, ReachesIntoTheValueAndChangesIt) {
    Result<std::string> result(std::string("ab"));

    result->push_back('c');

    EXPECT_EQ(result->size(), 3U);
    EXPECT_EQ(*result, "abc");
}

TEST(ResultDeathTest, AskingForTheHalfThatIsNotThereEndsTheProcess) {
    EXPECT_DEATH(static_cast<void>(half(7).value()), "halving an odd number");
    EXPECT_DEATH(static_cast<void>(half(8).error()), "there is a value");
}

TEST(Status, IsASuccessUnlessItHoldsAnError) {
    const Status good;
    const Status bad = Error{ErrorCode::TooLarge, "tags"};

    EXPECT_TRUE(good.has_value());
    EXPECT_FALSE(bad.has_value());
    EXPECT_EQ(bad.error().code, ErrorCode::TooLarge);
}

TEST(StatusDeathTest, ASuccessHasNoError) {
    EXPECT_DEATH(static_cast<void>(Status().error()), "it succeeded");
}

}  // namespace
}  // namespace memberd
