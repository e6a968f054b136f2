#include "gossip/timer_queue.hpp"

#include <gtest/gtest.h>

#include "detector/random.hpp"
#include "tests/unit/support/engine_rig.hpp"

namespace memberd {
namespace {

using namespace std::chrono_literals;
using tests::kRigStart;

TEST(TimerQueue, FiresByTimeAndAmongEqualTimesByAge) {
    Random random(7);
    TimerQueue queue;
    for (std::uint32_t i = 0; i < 2000; ++i) {
        queue.set(kRigStart + std::chrono::milliseconds(random.below(20)), TimerKind::Sync, i);
    }
    Timer previous;
    Timer timer;
    for (int i = 0; i < 2000; ++i) {
        EXPECT_EQ(queue.size(), 2000U - static_cast<unsigned>(i));
        ASSERT_TRUE(queue.pop(kRigStart + 1s, timer));
        if (i > 0) {
            ASSERT_TRUE(previous.at < timer.at ||
                        (previous.at == timer.at && previous.key < timer.key));
        }
        previous = timer;
    }
    EXPECT_FALSE(queue.pop(kRigStart + 1s, timer));
    EXPECT_EQ(queue.next(), kNever);
}

TEST(TimerQueue, FiresNothingBeforeItsTimeAndEverythingAtIt) {
    TimerQueue queue;
    queue.set(kRigStart + 5ms, TimerKind::Flush, 1, 2);
    Timer timer;
    EXPECT_EQ(queue.next(), kRigStart + 5ms);
    EXPECT_FALSE(queue.pop(kRigStart + 5ms - 1ns, timer));
    ASSERT_TRUE(queue.pop(kRigStart + 5ms, timer));
    EXPECT_EQ(timer.kind, TimerKind::Flush);
    EXPECT_EQ(timer.key, 1U);
    EXPECT_EQ(timer.detail, 2U);
}

}  // namespace
}  // namespace memberd
