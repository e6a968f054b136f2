#include "gossip/codec_elements.hpp"

#include <limits>

#include "gossip/codec.hpp"
#include "gossip/profile.hpp"

namespace memberd {
namespace wire {
namespace {

// Name and instance are nil where a profile follows that says both.
void read_profile_of(Reader& reader, bool identified, Update& update) {
    update.profile = {};
    if (reader.nil()) {
        if (!identified) {
            reader.fail();
        }
        return;
    }
    ProfileView profile;
    const std::size_t start = reader.position();
    if (identified || !read_profile(reader, profile)) {
        reader.fail();
        return;
    }
    update.name = profile.name;
    update.claim.instance = profile.instance;
    update.profile = reader.since(start);
}

}  // namespace

std::uint32_t read_u32(Reader& reader) {
    return static_cast<std::uint32_t>(
        reader.unsigned_integer(std::numeric_limits<std::uint32_t>::max()));
}

std::uint64_t read_u64(Reader& reader) {
    return reader.unsigned_integer(std::numeric_limits<std::uint64_t>::max());
}

std::string_view read_name(Reader& reader) {
    const std::string_view name = reader.text(kNameBytesMax);
    if (name.empty()) {
        reader.fail();
    }
    return name;
}

std::uint64_t read_instance(Reader& reader) {
    const std::uint64_t instance = read_u64(reader);
    if (instance == 0) {
        reader.fail();
    }
    return instance;
}

std::uint64_t read_generation(Reader& reader) {
    const std::uint64_t generation = reader.unsigned_integer(kGenerationMax);
    if (generation == 0) {
        reader.fail();
    }
    return generation;
}

std::uint32_t read_incarnation(Reader& reader) {
    return static_cast<std::uint32_t>(reader.unsigned_integer(kIncarnationMax));
}

std::uint32_t read_head(Reader& reader, std::uint32_t known) {
    const std::uint32_t count = reader.array(kElementCountMax);
    if (count < known) {
        reader.fail();
        return 0;
    }
    return count - known;
}

void skip_appended(Reader& reader, std::uint32_t count) {
    for (; count > 0 && reader.ok(); --count) {
        reader.skip();
    }
}

bool read_element(Reader& reader, SuspicionEntry& entry) {
    const std::uint32_t appended = read_head(reader, 6);
    entry.subject = read_name(reader);
    entry.subject_instance = read_instance(reader);
    entry.generation = read_generation(reader);
    entry.incarnation = read_incarnation(reader);
    entry.age_ms = read_u32(reader);
    entry.missed = read_u32(reader);
    skip_appended(reader, appended);
    return reader.ok();
}

bool read_element(Reader& reader, EvidenceItem& item) {
    const std::uint32_t appended = read_head(reader, 6);
    item.kind = read_u32(reader);
    item.other = reader.text(kNameBytesMax);
    item.ago_ms = read_u32(reader);
    item.age_ms = read_u32(reader);
    item.phi_milli = read_u32(reader);
    item.misses = read_u32(reader);
    skip_appended(reader, appended);
    return reader.ok();
}

bool read_element(Reader& reader, ListingEntry& entry) {
    entry.key = read_u64(reader);
    entry.digest = read_u64(reader);
    return reader.ok();
}

bool read_element(Reader& reader, std::uint64_t& key) {
    key = read_u64(reader);
    return reader.ok();
}

bool read_element(Reader& reader, SyncItem& item) {
    item = SyncItem{};
    const std::uint32_t elements = reader.array(kElementCountMax);
    item.kind = static_cast<SyncItemKind>(
        reader.unsigned_integer(static_cast<std::uint8_t>(SyncItemKind::Wanted)));
    std::uint32_t known = 2;
    if (item.kind != SyncItemKind::Wanted) {
        item.low = read_u64(reader);
        item.high = read_u64(reader);
        if (item.low > item.high) {
            reader.fail();
        }
    }
    switch (item.kind) {
        case SyncItemKind::Summary:
            known = 5;
            item.count = read_u32(reader);
            item.digest = read_u64(reader);
            break;
        case SyncItemKind::Listing: {
            known = 4;
            const std::uint32_t integers = reader.array(2 * kListingCountMax);
            if (integers % 2 != 0) {
                reader.fail();
            }
            item.entries = read_elements<ListingEntry>(reader, integers / 2);
            break;
        }
        case SyncItemKind::Wanted: {
            const std::uint32_t keys = reader.array(kListingCountMax);
            item.entries = read_elements<ListingEntry, std::uint64_t>(reader, keys);
            break;
        }
    }
    if (elements < known) {
        reader.fail();
    } else {
        skip_appended(reader, elements - known);
    }
    return reader.ok();
}

bool read_element(Reader& reader, Update& update) {
    const std::uint32_t appended = read_head(reader, 8);
    const bool identified = !reader.nil();
    if (identified) {
        update.name = read_name(reader);
        update.claim.instance = read_instance(reader);
    } else if (!reader.nil()) {
        reader.fail();
    }
    update.claim.generation = read_generation(reader);
    update.claim.incarnation = read_incarnation(reader);
    update.claim.state = static_cast<MemberState>(
        reader.unsigned_integer(static_cast<std::uint8_t>(MemberState::Left)));
    update.age_s = read_u32(reader);
    update.accuser_count = static_cast<std::uint8_t>(reader.array(kAccuserCountMax));
    for (std::size_t i = 0; i < update.accuser_count; ++i) {
        update.accusers[i] = read_name(reader);
    }
    read_profile_of(reader, identified, update);
    skip_appended(reader, appended);
    return reader.ok();
}

}  // namespace wire

namespace {

template <typename Element>
bool read_next(Bytes& bytes, std::uint32_t& left, Element& element) {
    if (left == 0) {
        return false;
    }
    --left;
    wire::Reader reader(bytes);
    const bool read = wire::read_element(reader, element);
    bytes = bytes.subspan(reader.position());
    return read;
}

}  // namespace

template <>
bool ListCursor<Update>::next(Update& element) {
    return read_next(bytes_, left_, element);
}

template <>
bool ListCursor<SuspicionEntry>::next(SuspicionEntry& element) {
    return read_next(bytes_, left_, element);
}

template <>
bool ListCursor<EvidenceItem>::next(EvidenceItem& element) {
    return read_next(bytes_, left_, element);
}

template <>
bool ListCursor<SyncItem>::next(SyncItem& element) {
    return read_next(bytes_, left_, element);
}

template <>
bool ListCursor<ListingEntry>::next(ListingEntry& element) {
    return read_next(bytes_, left_, element);
}

bool WantedCursor::next(std::uint64_t& key) {
    return read_next(bytes_, left_, key);
}

}  // namespace memberd
