#include "chaos/sim/event_queue.hpp"

#include <algorithm>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "detector/random.hpp"

namespace memberd::sim {
namespace {

TEST(EventQueue, GivesEventsByTimeAndEqualTimesInTheOrderOfInsertion) {
    Random random(7);
    EventQueue queue;
    std::vector<std::tuple<Instant, std::uint32_t>> expected;
    for (std::uint32_t i = 0; i < 5000; ++i) {
        const Instant at{Duration(static_cast<std::int64_t>(random.below(100)))};
        queue.push(at, EventKind::Deliver, i);
        expected.emplace_back(at, i);
    }
    std::sort(expected.begin(), expected.end());

    for (const auto& [at, subject] : expected) {
        const Event event = queue.pop();
        ASSERT_EQ(event.at, at);
        ASSERT_EQ(event.subject, subject);
    }
    EXPECT_TRUE(queue.empty());
}

TEST(EventQueue, KeepsTheOrderWhilePushesAndPopsMix) {
    Random random(8);
    EventQueue queue;
    Instant now{};
    for (int i = 0; i < 20000; ++i) {
        if (queue.empty() || random.chance(0.55)) {
            queue.push(now + Duration(static_cast<std::int64_t>(random.below(1000))),
                       EventKind::Action, 0);
        } else {
            const Event event = queue.pop();
            ASSERT_GE(event.at, now);
            now = event.at;
        }
    }
}

TEST(EventQueue, KeepsKindSubjectAndVersionOfAnEvent) {
    EventQueue queue;
    queue.push(kNever, EventKind::Action, 4'000'000'000U, 3);

    const Event event = queue.pop();

    EXPECT_EQ(event.kind(), EventKind::Action);
    EXPECT_EQ(event.subject, 4'000'000'000U);
    EXPECT_EQ(event.version, 3U);
    EXPECT_EQ(event.at, kNever);
}

}  // namespace
}  // namespace memberd::sim
