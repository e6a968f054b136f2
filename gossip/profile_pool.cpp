#include "gossip/profile_pool.hpp"

#include <algorithm>
#include <utility>

#include <xxhash.h>

#include "gossip/ring_digest.hpp"

namespace memberd {
namespace {

constexpr std::size_t kTableSlotsMin = 16;

}  // namespace

ProfilePool::ProfilePool() : table_(kTableSlotsMin, kNoProfile) {}

ProfileId ProfilePool::acquire(Bytes encoded) {
    const std::uint64_t hash = XXH3_64bits(encoded.data(), encoded.size());
    const ProfileId known = table_[slot_of(hash, encoded)];
    if (known != kNoProfile) {
        ++entries_[known].references;
        return known;
    }
    wire::Reader reader(encoded);
    ProfileView profile;
    if (!read_profile(reader, profile) || !reader.at_end()) {
        return kNoProfile;
    }
    return insert(encoded, hash, profile);
}

ProfileId ProfilePool::acquire(const Profile& profile) {
    scratch_.clear();
    encode_profile(profile, scratch_);
    return acquire(Bytes(scratch_));
}

void ProfilePool::retain(ProfileId id) {
    if (id != kNoProfile) {
        ++entries_[id].references;
    }
}

void ProfilePool::release(ProfileId id) {
    if (id == kNoProfile || --entries_[id].references > 0) {
        return;
    }
    const Entry& entry = entries_[id];
    erase_slot(slot_of(entry.content_hash, entry.encoded));
    entries_[id] = Entry{};
    free_.push_back(id);
    --used_;
}

Profile ProfilePool::open(ProfileId id) const {
    return decode_profile(entries_[id].encoded).value_or(Profile{});
}

std::size_t ProfilePool::memory_bytes() const {
    std::size_t bytes = entries_.capacity() * sizeof(Entry) +
                        (free_.capacity() + table_.capacity()) * sizeof(ProfileId) +
                        scratch_.capacity();
    for (const Entry& entry : entries_) {
        bytes += entry.encoded.capacity();
    }
    return bytes;
}

std::size_t ProfilePool::slot_of(std::uint64_t hash, Bytes encoded) const {
    const std::size_t mask = table_.size() - 1;
    std::size_t slot = hash & mask;
    while (table_[slot] != kNoProfile) {
        const Entry& entry = entries_[table_[slot]];
        if (entry.content_hash == hash && std::ranges::equal(entry.encoded, encoded)) {
            break;
        }
        slot = (slot + 1) & mask;
    }
    return slot;
}

std::size_t ProfilePool::empty_slot_of(std::uint64_t hash) const {
    const std::size_t mask = table_.size() - 1;
    std::size_t slot = hash & mask;
    while (table_[slot] != kNoProfile) {
        slot = (slot + 1) & mask;
    }
    return slot;
}

ProfileId ProfilePool::insert(Bytes encoded, std::uint64_t hash, const ProfileView& profile) {
    Entry entry;
    entry.key = name_key(profile.name);
    entry.content_hash = hash;
    entry.ring_term = ring_digest_term(profile.name, to_string(profile.endpoint),
                                       profile.weight_milli, profile.zone);
    entry.instance = profile.instance;
    entry.endpoint = profile.endpoint;
    entry.restarting = profile.restarting;
    entry.references = 1;
    entry.encoded.assign(encoded.begin(), encoded.end());
    const auto* name = reinterpret_cast<const std::uint8_t*>(profile.name.data());
    entry.name_offset = static_cast<std::uint16_t>(name - encoded.data());
    entry.name_bytes = static_cast<std::uint16_t>(profile.name.size());

    if (2 * (used_ + 1) > table_.size()) {
        grow();
    }
    ProfileId id = 0;
    if (free_.empty()) {
        id = static_cast<ProfileId>(entries_.size());
        entries_.push_back(std::move(entry));
    } else {
        id = free_.back();
        free_.pop_back();
        entries_[id] = std::move(entry);
    }
    table_[empty_slot_of(hash)] = id;
    ++used_;
    return id;
}

// Closes the gap by moving back what linear probing had pushed past it, so that no marks of the
// erased remain to slow searches down.
void ProfilePool::erase_slot(std::size_t slot) {
    const std::size_t mask = table_.size() - 1;
    std::size_t gap = slot;
    std::size_t next = (gap + 1) & mask;
    while (table_[next] != kNoProfile) {
        const std::size_t home = entries_[table_[next]].content_hash & mask;
        if (((next - home) & mask) >= ((next - gap) & mask)) {
            table_[gap] = table_[next];
            gap = next;
        }
        next = (next + 1) & mask;
    }
    table_[gap] = kNoProfile;
}

void ProfilePool::grow() {
    const std::vector<ProfileId> old =
        std::exchange(table_, std::vector<ProfileId>(2 * table_.size(), kNoProfile));
    for (const ProfileId id : old) {
        if (id != kNoProfile) {
            table_[empty_slot_of(entries_[id].content_hash)] = id;
        }
    }
}

}  // namespace memberd
