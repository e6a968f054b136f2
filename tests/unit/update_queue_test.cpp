#include "gossip/update_queue.hpp"

#include <string>

#include <gtest/gtest.h>

#include "tests/unit/support/engine_rig.hpp"

namespace memberd {
namespace {

using tests::kRigStart;
using tests::profile_of;

class UpdateQueueTest : public ::testing::Test {
  protected:
    UpdateQueueTest() {
        for (std::uint16_t i = 0; i < 20; ++i) {
            roster.insert(pool.acquire(profile_of("m" + std::to_string(i), i + 1, 1)),
                          {1, 1, 0, MemberState::Alive}, kRigStart, true);
        }
    }

    std::vector<Slot> order(std::size_t count = 100) {
        std::vector<Slot> slots;
        const auto& entries = queue.front(count);
        for (std::size_t i = 0; i < std::min(count, entries.size()); ++i) {
            slots.push_back(entries[i].member);
        }
        return slots;
    }

    ProfilePool pool;
    Roster roster{pool, SuspicionIs::Evidence};
    UpdateQueue queue{roster};
};

TEST_F(UpdateQueueTest, KeepsOneKindAndForgetsTheOthers) {
    queue.add(1, UpdateClass::Verdict);
    queue.add(2, UpdateClass::Arrival);
    queue.add(3, UpdateClass::Attributes);
    queue.keep(UpdateClass::Arrival);
    EXPECT_EQ(order(), (std::vector<Slot>{2}));
    EXPECT_FALSE(roster[1].is_queued);
    EXPECT_TRUE(roster[2].is_queued);
    queue.add(1, UpdateClass::Verdict);
    EXPECT_EQ(order(), (std::vector<Slot>{1, 2}));
}

TEST_F(UpdateQueueTest, KeepsWhatIsFirstHandToo) {
    queue.add(1, UpdateClass::Verdict);
    queue.add(2, UpdateClass::Verdict);
    queue.mark_first_hand(2);
    queue.keep(UpdateClass::Arrival);
    EXPECT_EQ(order(), (std::vector<Slot>{2}));
}

TEST_F(UpdateQueueTest, KnowsWhatIsFirstHandUntilItIsSent) {
    queue.add(1, UpdateClass::Verdict);
    EXPECT_FALSE(queue.has_first_hand(7));
    EXPECT_TRUE(queue.has_first_hand(1)) << "about the member itself";
    queue.mark_first_hand(2);
    EXPECT_FALSE(queue.has_first_hand(7)) << "nothing is queued about it";
    queue.add(2, UpdateClass::Arrival);
    queue.mark_first_hand(2);
    EXPECT_TRUE(queue.has_first_hand(7));
    queue.front(2);
    queue.sent(2, 1);
    EXPECT_FALSE(queue.has_first_hand(7));
    queue.add(2, UpdateClass::Verdict);
    EXPECT_FALSE(queue.has_first_hand(7)) << "heard from others this time";
}

TEST_F(UpdateQueueTest, ServesByClassThenTheLeastSentThenTheOldest) {
    queue.add(1, UpdateClass::Attributes);
    queue.add(2, UpdateClass::Arrival);
    queue.add(3, UpdateClass::Departure);
    queue.add(4, UpdateClass::Verdict);
    queue.add(5, UpdateClass::Verdict);
    EXPECT_EQ(order(), (std::vector<Slot>{4, 5, 3, 2, 1}));

    queue.front(1);
    queue.sent(1, 3);
    EXPECT_EQ(order(), (std::vector<Slot>{5, 4, 3, 2, 1}));
    queue.add(6, UpdateClass::Verdict);
    EXPECT_EQ(order(), (std::vector<Slot>{5, 6, 4, 3, 2, 1}));
}

TEST_F(UpdateQueueTest, KeepsOneEntryAMember) {
    for (int i = 0; i < 1000; ++i) {
        for (Slot slot = 0; slot < 20; ++slot) {
            queue.add(slot, i % 2 == 0 ? UpdateClass::Attributes : UpdateClass::Verdict);
        }
    }
    EXPECT_EQ(queue.size(), 20U);
}

TEST_F(UpdateQueueTest, StartsToCountAnewWhenAMembersEntryIsReplaced) {
    queue.add(1, UpdateClass::Verdict);
    queue.front(1);
    queue.sent(1, 2);
    queue.add(1, UpdateClass::Verdict);
    queue.front(1);
    queue.sent(1, 2);
    EXPECT_EQ(queue.size(), 1U);
    queue.front(1);
    queue.sent(1, 2);
    EXPECT_TRUE(queue.empty());
}

TEST_F(UpdateQueueTest, DropsWhatWasSentOftenEnoughAndNothingElse) {
    for (Slot slot = 0; slot < 5; ++slot) {
        queue.add(slot, UpdateClass::Arrival);
    }
    for (int round = 0; round < 2; ++round) {
        queue.front(3);
        queue.sent(3, 1);
    }
    EXPECT_TRUE(queue.empty());
    for (Slot slot = 0; slot < 5; ++slot) {
        EXPECT_FALSE(roster[slot].is_queued);
    }
}

TEST_F(UpdateQueueTest, RemovesAMemberWithoutTouchingTheOthers) {
    queue.add(1, UpdateClass::Arrival);
    queue.add(2, UpdateClass::Arrival);
    queue.remove(1);
    queue.remove(7);
    EXPECT_EQ(order(), (std::vector<Slot>{2}));
    EXPECT_FALSE(roster[1].is_queued);
    queue.clear();
    EXPECT_TRUE(queue.empty());
    EXPECT_FALSE(roster[2].is_queued);
}

TEST_F(UpdateQueueTest, PutsTheFirstInOrderHoweverManyAreAskedFor) {
    for (Slot slot = 0; slot < 20; ++slot) {
        queue.add(slot, static_cast<UpdateClass>(3 - slot % 4));
    }
    const std::vector<Slot> whole = order();
    for (std::size_t count = 0; count <= 20; ++count) {
        const std::vector<Slot> first = order(count);
        EXPECT_TRUE(std::equal(first.begin(), first.end(), whole.begin())) << count;
    }
}

}  // namespace
}  // namespace memberd
