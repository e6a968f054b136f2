#include "gossip/observers.hpp"

#include <algorithm>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "detector/random.hpp"
#include "tests/unit/support/engine_rig.hpp"

namespace memberd {
namespace {

using tests::kRigStart;
using tests::profile_of;

constexpr int kRings = 8;

class Observers : public ::testing::Test {
  protected:
    void fill(int count, int first = 0) {
        for (int i = first; i < first + count; ++i) {
            roster.insert(pool.acquire(profile_of("node" + std::to_string(i), 1, 1)),
                          {1, 1, 0, MemberState::Alive}, kRigStart, true);
        }
    }

    void kill(Slot slot) {
        Claim claim = roster.claim(slot);
        claim.state = MemberState::Dead;
        roster.update(slot, claim, kNoProfile, kRigStart);
    }

    std::vector<Slot> observers_of(Slot slot) {
        std::vector<Slot> found;
        find_observers(roster, slot, kRings, found);
        return found;
    }

    std::vector<Slot> subjects_of(Slot slot) {
        std::vector<Slot> found;
        find_subjects(roster, slot, kRings, found);
        return found;
    }

    ProfilePool pool;
    Roster roster{pool, SuspicionIs::Evidence};
};

TEST_F(Observers, AreTheMembersWhoseSubjectOneIs) {
    fill(60);
    for (Slot dead = 5; dead < 60; dead += 7) {
        kill(dead);
    }
    for (Slot a = 0; a < 60; ++a) {
        if (!roster.is_live(a)) {
            continue;
        }
        const auto subjects = subjects_of(a);
        EXPECT_TRUE(std::is_sorted(subjects.begin(), subjects.end()));
        for (Slot b = 0; b < 60; ++b) {
            if (!roster.is_live(b)) {
                EXPECT_FALSE(std::binary_search(subjects.begin(), subjects.end(), b));
                continue;
            }
            const auto observers = observers_of(b);
            EXPECT_EQ(std::binary_search(subjects.begin(), subjects.end(), b),
                      std::binary_search(observers.begin(), observers.end(), a))
                << a << " " << b;
        }
    }
}

TEST_F(Observers, AreEverybodyElseUpToKOthersAndAtMostKBeyond) {
    for (int n = 1; n <= 30; ++n) {
        fill(1, n);
        for (Slot slot = 0; slot < roster.slot_count(); ++slot) {
            const auto subjects = subjects_of(slot);
            EXPECT_FALSE(std::binary_search(subjects.begin(), subjects.end(), slot));
            if (n - 1 <= kRings) {
                EXPECT_EQ(subjects.size(), static_cast<std::size_t>(n - 1));
                EXPECT_EQ(observers_of(slot), subjects);
            } else {
                EXPECT_LE(subjects.size(), static_cast<std::size_t>(kRings));
                EXPECT_GE(subjects.size(), 2U) << n;
            }
        }
    }
}

TEST_F(Observers, AreTheSameInEveryEqualViewHoweverItCameAbout) {
    fill(100);
    ProfilePool other_pool;
    Roster other(other_pool, SuspicionIs::Evidence);
    // Backwards, with another address and run each, and with members that came and went.
    for (int i = 149; i >= 0; --i) {
        other.insert(other_pool.acquire(profile_of("node" + std::to_string(i), 9, 7)),
                     {7, 3, 1, MemberState::Alive}, kRigStart, true);
    }
    for (int i = 100; i < 150; ++i) {
        other.erase(other.find("node" + std::to_string(i)));
    }
    for (int i = 0; i < 100; ++i) {
        const std::string name = "node" + std::to_string(i);
        std::vector<Slot> there;
        find_subjects(other, other.find(name), kRings, there);
        std::set<std::string_view> names_here;
        std::set<std::string_view> names_there;
        for (const Slot slot : subjects_of(roster.find(name))) {
            names_here.insert(roster.profile(slot).name());
        }
        for (const Slot slot : there) {
            names_there.insert(other.profile(slot).name());
        }
        EXPECT_EQ(names_here, names_there) << name;
    }
}

// PROTOCOL.md: mix(key xor (k + 1) * 0xd6e8feb86659fd93), the next one clockwise is the subject.
TEST_F(Observers, StandOnKRingsAsTheDocumentSays) {
    fill(40);
    for (Slot slot = 0; slot < 40; ++slot) {
        std::set<Slot> expected;
        for (std::uint64_t k = 0; k < kRings; ++k) {
            std::vector<std::pair<std::uint64_t, Slot>> ring;
            for (Slot other = 0; other < 40; ++other) {
                ring.emplace_back(
                    mix64(roster.profile(other).key ^ ((k + 1) * 0xd6e8feb86659fd93ULL)), other);
            }
            std::sort(ring.begin(), ring.end());
            for (std::size_t i = 0; i < ring.size(); ++i) {
                if (ring[i].second == slot) {
                    expected.insert(ring[(i + 1) % ring.size()].second);
                }
            }
        }
        EXPECT_EQ(subjects_of(slot), std::vector<Slot>(expected.begin(), expected.end()));
    }
}

TEST_F(Observers, AreSpreadEvenlyOverTheCluster) {
    fill(300);
    std::size_t total = 0;
    for (Slot slot = 0; slot < 300; ++slot) {
        const std::size_t observers = observers_of(slot).size();
        total += observers;
        EXPECT_GE(observers, 5U);
        EXPECT_LE(observers, 8U);
    }
    EXPECT_GT(total, 300U * 15 / 2);
}

}  // namespace
}  // namespace memberd
