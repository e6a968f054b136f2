// The member table: everybody this engine knows, alive or remembered, as compact records.
//
// A record is 32 bytes and refers to an interned profile; the index of names takes 4 bytes a slot.
// Ten thousand engines that each know ten thousand members fit in one machine because nothing else
// is kept per member. A slot names a record until it is erased; slots are reused.
//
// Keeps the two digests (order-free sums, see record_hash.hpp) and the counts by state up to date
// with every change. Complexity: O(1) unless said otherwise. Thread rule: one thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "detector/time.hpp"
#include "gossip/member.hpp"
#include "gossip/profile_pool.hpp"
#include "gossip/ring_digest.hpp"

namespace memberd {

using Slot = std::uint32_t;
inline constexpr Slot kNoSlot = 0xffffffff;

struct Record {
    std::uint64_t generation = 0;
    Instant since;  // when this state was entered here; of the dead and the left: when they died or
                    // left
    ProfileId profile = kNoProfile;
    std::uint32_t incarnation = 0;
    MemberState state = MemberState::Alive;
    bool used = false;
    bool is_listed =
        false;  // applications see it; tombstones of members never seen alive are not listed
    bool is_suspected = false;  // shown as suspect on evidence, mode memberd
    bool is_forgettable =
        false;  // dead or left for longer than the window: out of the digest, about to go
    bool is_queued = false;  // has an entry in the update queue
};

static_assert(sizeof(Record) <= 40, "ten thousand engines know ten thousand members each");

// Which of the two digests a suspicion enters: in modes swim and lifeguard it is a claim, in mode
// memberd it is not.
enum class SuspicionIs : std::uint8_t {
    Claim,
    Evidence
};

class Roster {
  public:
    Roster(ProfilePool& pool, SuspicionIs suspicion);
    ~Roster();
    Roster(const Roster&) = delete;
    Roster& operator=(const Roster&) = delete;

    // Kept out of the way of growth, for a known number of members.
    void reserve(std::size_t count);

    [[nodiscard]] Slot find(std::string_view name) const;
    [[nodiscard]] Slot find_key(std::uint64_t key) const;

    [[nodiscard]] const Record& operator[](Slot slot) const { return records_[slot]; }

    [[nodiscard]] const ProfilePool::Entry& profile(Slot slot) const {
        return pool_[records_[slot].profile];
    }

    [[nodiscard]] Claim claim(Slot slot) const;
    // True for a slot in use whose member is alive or suspect.
    [[nodiscard]] bool is_live(Slot slot) const;

    // A new record. Takes over the caller's reference to the profile. Requires that the name is
    // unknown.
    Slot insert(ProfileId profile, const Claim& claim, Instant since, bool is_listed);
    // Another claim and, unless kNoProfile, another profile of the same name (takes over the
    // reference).
    void update(Slot slot, const Claim& claim, ProfileId profile, Instant since);
    void erase(Slot slot);

    void list(Slot slot) { records_[slot].is_listed = true; }

    void unlist(Slot slot) { records_[slot].is_listed = false; }

    void set_suspected(Slot slot, bool suspected);
    void set_forgettable(Slot slot);

    void set_queued(Slot slot, bool queued) { records_[slot].is_queued = queued; }

    // What the record adds to the view digest; 0 if it is out of it.
    [[nodiscard]] std::uint64_t digest_of(Slot slot) const;

    [[nodiscard]] std::uint64_t view_digest() const { return view_digest_; }

    [[nodiscard]] std::uint64_t ring_digest() const { return ring_.value(); }

    // Slots from 0 to slot_count() - 1, used or not, in the order in which they were first taken.
    [[nodiscard]] Slot slot_count() const { return static_cast<Slot>(records_.size()); }

    [[nodiscard]] std::uint32_t size() const { return size_; }

    [[nodiscard]] std::uint32_t count(MemberState state) const {
        return counts_[static_cast<std::size_t>(state)];
    }

    // Alive and suspect, this member included.
    [[nodiscard]] std::uint32_t live() const {
        return count(MemberState::Alive) + count(MemberState::Suspect);
    }

    [[nodiscard]] std::uint32_t suspected() const { return suspected_; }

    [[nodiscard]] std::size_t memory_bytes() const;

  private:
    void add_to_sums(Slot slot, std::int64_t sign);

    [[nodiscard]] std::size_t home(std::uint64_t key) const {
        return static_cast<std::size_t>(key) & (table_.size() - 1);
    }

    void index(Slot slot);
    void rebuild_index(std::size_t capacity);
    void grow_records(std::size_t count);

    ProfilePool& pool_;
    SuspicionIs suspicion_;
    std::vector<Record> records_;
    std::vector<Slot>
        table_;  // open addressing by name key, linear probing, power of two, at most 3/4 full
    std::vector<Slot> free_;
    std::uint64_t view_digest_ = 0;
    RingDigest ring_;
    std::uint32_t size_ = 0;
    std::uint32_t suspected_ = 0;
    std::array<std::uint32_t, 4> counts_{};
};

}  // namespace memberd
