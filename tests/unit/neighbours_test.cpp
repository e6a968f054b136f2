#include "gossip/neighbours.hpp"

#include <string>

#include <gtest/gtest.h>

#include "detector/random.hpp"
#include "tests/unit/support/engine_rig.hpp"

namespace memberd {
namespace {

using tests::kRigStart;
using tests::profile_of;

constexpr int kNeighbourRings = 8;

class NeighboursTest : public ::testing::Test {
  protected:
    Slot insert(const std::string& name) {
        return roster.insert(pool.acquire(profile_of(name, 1, 1)), {1, 1, 0, MemberState::Alive},
                             kRigStart, true);
    }

    void set_state(Slot slot, MemberState state) {
        Claim claim = roster.claim(slot);
        claim.state = state;
        roster.update(slot, claim, kNoProfile, kRigStart);
        neighbours.changed(slot);
    }

    void expect_as_found_anew() {
        neighbours.refresh();
        std::vector<Slot> expected;
        find_subjects(roster, self, kNeighbourRings, expected);
        ASSERT_EQ(neighbours.subjects(), expected) << roster.live() << " live";
        find_observers(roster, self, kNeighbourRings, expected);
        ASSERT_EQ(neighbours.observers(), expected) << roster.live() << " live";
    }

    ProfilePool pool;
    Roster roster{pool, SuspicionIs::Evidence};
    Slot self = insert("self");
    Neighbours neighbours{roster, self, kNeighbourRings};
};

TEST_F(NeighboursTest, FollowEveryArrivalDeathReturnAndReuseOfASlot) {
    Random random(7);
    for (int step = 0; step < 3000; ++step) {
        const std::uint64_t what = random.below(8);
        const auto slot = static_cast<Slot>(random.below(roster.slot_count()));
        const bool is_other = slot != self && roster[slot].used;
        if (what < 3 && roster.live() < 40) {
            neighbours.changed(insert("member" + std::to_string(step)));
        } else if (what < 5 && is_other && roster.is_live(slot)) {
            set_state(slot, MemberState::Dead);
        } else if (what == 5 && is_other && !roster.is_live(slot)) {
            set_state(slot, MemberState::Alive);
        } else if (is_other && !roster.is_live(slot)) {
            roster.erase(slot);
        }
        if (random.below(3) == 0) {
            expect_as_found_anew();
        }
    }
    EXPECT_GT(roster.slot_count(), 30U);
}

TEST_F(NeighboursTest, FollowMoreChangesAtOnceThanAreRemembered) {
    expect_as_found_anew();
    for (int i = 0; i < 500; ++i) {
        neighbours.changed(insert("member" + std::to_string(i)));
    }
    expect_as_found_anew();
    for (Slot slot = 1; slot < 490; ++slot) {
        set_state(slot, MemberState::Left);
    }
    expect_as_found_anew();
}

TEST_F(NeighboursTest, SayThatNothingHasChanged) {
    neighbours.changed(insert("other"));
    EXPECT_TRUE(neighbours.refresh());
    EXPECT_FALSE(neighbours.refresh());

    set_state(1, MemberState::Dead);
    EXPECT_TRUE(neighbours.refresh());
}

}  // namespace
}  // namespace memberd
