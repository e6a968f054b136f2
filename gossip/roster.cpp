#include "gossip/roster.hpp"

#include <algorithm>
#include <bit>
#include <string>

#include "detector/check.hpp"
#include "gossip/record_hash.hpp"

namespace memberd {
namespace {

constexpr std::size_t kTableSizeMin = 16;

bool is_live_state(MemberState state) {
    return state == MemberState::Alive || state == MemberState::Suspect;
}

}  // namespace

Roster::Roster(ProfilePool& pool, SuspicionIs suspicion)
    : pool_(pool),
      suspicion_(suspicion),
      table_(kTableSizeMin, kNoSlot) {}

Roster::~Roster() {
    for (const Record& record : records_) {
        if (record.used) {
            pool_.release(record.profile);
        }
    }
}

void Roster::reserve(std::size_t count) {
    records_.reserve(count);
    const std::size_t wanted = std::bit_ceil(std::max(kTableSizeMin, count * 4 / 3 + 1));
    if (wanted > table_.size()) {
        rebuild_index(wanted);
    }
}

Slot Roster::find(std::string_view name) const {
    const Slot slot = find_key(name_key(name));
    // Two names with one 64-bit key do not happen by chance; the second is simply not known.
    return slot != kNoSlot && profile(slot).name() == name ? slot : kNoSlot;
}

Slot Roster::find_key(std::uint64_t key) const {
    for (std::size_t i = home(key); table_[i] != kNoSlot; i = (i + 1) & (table_.size() - 1)) {
        if (profile(table_[i]).key == key) {
            return table_[i];
        }
    }
    return kNoSlot;
}

Claim Roster::claim(Slot slot) const {
    const Record& record = records_[slot];
    return {profile(slot).instance, record.generation, record.incarnation, record.state};
}

bool Roster::is_live(Slot slot) const {
    return slot < records_.size() && records_[slot].used && is_live_state(records_[slot].state);
}

Slot Roster::insert(ProfileId profile_id, const Claim& claim, Instant since, bool is_listed) {
    Slot slot = 0;
    if (free_.empty()) {
        grow_records(records_.size() + 1);
        slot = static_cast<Slot>(records_.size());
        records_.emplace_back();
    } else {
        slot = free_.back();
        free_.pop_back();
    }
    Record& record = records_[slot];
    record = Record{};
    record.generation = claim.generation;
    record.incarnation = claim.incarnation;
    record.state = claim.state;
    record.since = since;
    record.profile = profile_id;
    record.used = true;
    record.is_listed = is_listed;
    ++size_;
    if (static_cast<std::size_t>(size_) * 4 > table_.size() * 3) {
        rebuild_index(table_.size() * 2);
    } else {
        index(slot);
    }
    add_to_sums(slot, +1);
    return slot;
}

void Roster::update(Slot slot, const Claim& claim, ProfileId profile_id, Instant since) {
    Record& record = records_[slot];
    MEMBERD_CHECK(record.used, "update of a free slot " + std::to_string(slot));
    add_to_sums(slot, -1);
    if (profile_id != kNoProfile) {
        MEMBERD_CHECK(pool_[profile_id].key == profile(slot).key, "a record keeps its name");
        pool_.release(record.profile);
        record.profile = profile_id;
    }
    record.generation = claim.generation;
    record.incarnation = claim.incarnation;
    record.state = claim.state;
    record.since = since;
    record.is_forgettable = false;
    add_to_sums(slot, +1);
}

void Roster::erase(Slot slot) {
    MEMBERD_CHECK(records_[slot].used, "erase of a free slot " + std::to_string(slot));
    set_suspected(slot, false);
    add_to_sums(slot, -1);
    // Linear probing without tombstones: shift back whatever the gap would hide.
    const std::size_t mask = table_.size() - 1;
    std::size_t gap = home(profile(slot).key);
    while (table_[gap] != slot) {
        gap = (gap + 1) & mask;
    }
    for (std::size_t i = (gap + 1) & mask; table_[i] != kNoSlot; i = (i + 1) & mask) {
        const std::size_t wanted = home(profile(table_[i]).key);
        if (((i - wanted) & mask) >= ((i - gap) & mask)) {
            table_[gap] = table_[i];
            gap = i;
        }
    }
    table_[gap] = kNoSlot;
    pool_.release(records_[slot].profile);
    records_[slot] = Record{};
    free_.push_back(slot);
    --size_;
}

void Roster::set_suspected(Slot slot, bool suspected) {
    if (records_[slot].is_suspected != suspected) {
        records_[slot].is_suspected = suspected;
        suspected_ += suspected ? 1U : 0U - 1U;
    }
}

void Roster::set_forgettable(Slot slot) {
    add_to_sums(slot, -1);
    records_[slot].is_forgettable = true;
    add_to_sums(slot, +1);
}

std::uint64_t Roster::digest_of(Slot slot) const {
    const Record& record = records_[slot];
    if (record.is_forgettable) {
        return 0;
    }
    const ProfilePool::Entry& entry = profile(slot);
    Claim hashed = claim(slot);
    if (hashed.state == MemberState::Suspect && suspicion_ == SuspicionIs::Evidence) {
        hashed.state = MemberState::Alive;
    }
    return record_hash(entry.key, entry.content_hash, hashed);
}

void Roster::add_to_sums(Slot slot, std::int64_t sign) {
    // Two's complement makes one line of adding and taking away.
    const auto factor = static_cast<std::uint64_t>(sign);
    const Record& record = records_[slot];
    view_digest_ += factor * digest_of(slot);
    if (is_live_state(record.state)) {
        if (sign > 0) {
            ring_.add(profile(slot).ring_term);
        } else {
            ring_.remove(profile(slot).ring_term);
        }
    }
    counts_[static_cast<std::size_t>(record.state)] += static_cast<std::uint32_t>(factor);
}

void Roster::index(Slot slot) {
    std::size_t i = home(profile(slot).key);
    while (table_[i] != kNoSlot) {
        i = (i + 1) & (table_.size() - 1);
    }
    table_[i] = slot;
}

void Roster::rebuild_index(std::size_t capacity) {
    table_.assign(capacity, kNoSlot);
    for (Slot slot = 0; slot < records_.size(); ++slot) {
        if (records_[slot].used) {
            index(slot);
        }
    }
}

void Roster::grow_records(std::size_t count) {
    // By an eighth: doubling would leave half of the largest thing in the process unused.
    if (count > records_.capacity()) {
        records_.reserve(std::max<std::size_t>(count + count / 8, 16));
    }
}

std::size_t Roster::memory_bytes() const {
    return records_.capacity() * sizeof(Record) + table_.capacity() * sizeof(Slot) +
           free_.capacity() * sizeof(Slot);
}

}  // namespace memberd
