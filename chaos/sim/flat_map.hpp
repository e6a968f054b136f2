// 64-bit keys to 32-bit values: open addressing, linear probing, no removal. The order of its slots
// is never walked, so nothing observable depends on it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "detector/random.hpp"

namespace memberd::sim {

class FlatMap {
  public:
    FlatMap() : slots_(64) {}

    // The value of the key, or nullptr.
    [[nodiscard]] std::uint32_t* find(std::uint64_t key) {
        Slot& slot = slots_[slot_of(key)];
        return slot.used ? &slot.value : nullptr;
    }

    // Requires that the key is not there.
    void insert(std::uint64_t key, std::uint32_t value) {
        if ((size_ + 1) * 2 > slots_.size()) {
            grow();
        }
        slots_[slot_of(key)] = Slot{key, value, true};
        ++size_;
    }

    [[nodiscard]] std::size_t size() const { return size_; }

  private:
    struct Slot {
        std::uint64_t key = 0;
        std::uint32_t value = 0;
        bool used = false;
    };

    [[nodiscard]] std::size_t slot_of(std::uint64_t key) const {
        const std::size_t mask = slots_.size() - 1;
        std::size_t at = static_cast<std::size_t>(mix64(key)) & mask;
        while (slots_[at].used && slots_[at].key != key) {
            at = (at + 1) & mask;
        }
        return at;
    }

    void grow() {
        std::vector<Slot> old(slots_.size() * 2);
        old.swap(slots_);
        for (const Slot& slot : old) {
            if (slot.used) {
                slots_[slot_of(slot.key)] = slot;
            }
        }
    }

    std::vector<Slot> slots_;
    std::size_t size_ = 0;
};

}  // namespace memberd::sim
