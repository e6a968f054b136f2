// This member's own subjects and observers (observers.hpp), kept up to date with the living.
//
// What is kept is the nearest living member on each ring in each direction. Whoever enters or
// leaves the living is compared with those; only a ring that lost its nearest is scanned again. So
// in a large cluster a change costs the few whom it concerns O(n) a ring and all others O(K), which
// is what makes ten thousand engines in one process bearable, and a death cheap for an agent. With
// K or fewer others, and at the first look, everything is found anew.
//
// Thread rule: one thread. 16 bytes a ring and direction.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "gossip/observers.hpp"
#include "gossip/roster.hpp"

namespace memberd {

class Neighbours {
  public:
    // The roster must outlive this; `self` has a record in it from the first refresh() on.
    Neighbours(const Roster& roster, Slot self, int ring_count);

    // The member has entered or left the living. O(1): it is looked at by the next refresh().
    void changed(Slot member);

    // Takes in what has changed; false if nothing has since the last call.
    bool refresh();

    // As of the last refresh: distinct, without this member, in order of slots.
    [[nodiscard]] const std::vector<Slot>& subjects() const { return subjects_; }

    [[nodiscard]] const std::vector<Slot>& observers() const { return observers_; }

  private:
    struct Nearest {
        Slot member = kNoSlot;
        std::uint64_t distance = ~std::uint64_t{0};
    };

    using Rings = std::array<Nearest, kRingCountMax>;

    [[nodiscard]] bool everybody() const;
    void find_all();
    void take_in(Slot member);
    void scan(Rings& rings, int ring, RingDirection direction);
    void compare(Slot member);
    void list(const Rings& rings, std::vector<Slot>& members) const;

    const Roster& roster_;
    Slot self_;
    int ring_count_;
    bool is_complete_ = false;  // the nearest are those of all but the changed
    std::array<std::uint64_t, kRingCountMax> own_positions_{};
    Rings nearest_subjects_;
    Rings nearest_observers_;
    std::vector<Slot> changed_;
    std::vector<Slot> subjects_;
    std::vector<Slot> observers_;
};

}  // namespace memberd
