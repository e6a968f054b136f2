#include "gossip/anti_entropy.hpp"

#include <algorithm>

namespace memberd {
namespace {

// Records of one message; with items and envelope it stays far below kMessageBytesMax.
constexpr std::size_t kPageBytes = std::size_t{24} * 1024;
// Items of one message; with a page of records and the longest profile it is a message still.
constexpr std::size_t kItemBytes = std::size_t{24} * 1024;
// A message with more items than this is worth a sorted index of the table; with fewer, a scan
// for each is cheaper.
constexpr std::uint32_t kItemsScanned = 4;
constexpr std::uint32_t kSplit = 16;
// A range with no more records than this is listed instead of split.
constexpr std::uint32_t kListedMax = 16;
// A table that never comes to rest is compared this many times less often than a still one.
constexpr int kRestlessFactor = 20;
constexpr std::uint64_t kKeyMax = ~std::uint64_t{0};

}  // namespace

void AntiEntropy::reset() {
    items_.clear();
    updates_.clear();
    item_count_ = 0;
    update_count_ = 0;
}

AntiEntropy::Items AntiEntropy::whole_table() {
    reset();
    say_summary(measure(0, kKeyMax));
    return {item_count_, items_};
}

void AntiEntropy::start(const Endpoint& peer) {
    const Items items = whole_table();
    ++core_.counters.syncs;
    last_start_ = core_.now;
    core_.begin().sync(core_.envelope(), items.count, items.bytes, 0);
    core_.request(peer);
}

void AntiEntropy::start_on(ReplyToken token) {
    const Items items = whole_table();
    say_record(core_.self);
    ++core_.counters.syncs;
    last_start_ = core_.now;
    Encoder encoder = core_.begin();
    encoder.sync(core_.envelope(), items.count, items.bytes, update_count_);
    encoder.raw(updates_);
    core_.reply(token);
}

void AntiEntropy::compare_digests(const Envelope& heard, Slot sender) {
    const Duration settle = core_.timing.membership.digest_settle;
    if (heard.view_digest == core_.roster.view_digest() || !core_.roster.is_live(sender) ||
        core_.is_leaving) {
        return;
    }
    // While changes arrive, digests differ for a moment and no more. But where they never cease,
    // what was missed must not wait for the end.
    const bool is_still = core_.now - core_.view_changed_at >= settle;
    if (core_.now - last_start_ < (is_still ? settle : settle * kRestlessFactor)) {
        return;
    }
    start(core_.endpoint_of(sender));
}

void AntiEntropy::on_items(const EncodedList<SyncItem>& items,
                           ReplyToken token,
                           Slot sender,
                           bool welcome) {
    reset();
    SyncItem item;
    if (items.count > kItemsScanned) {
        index_table();
    }
    // What an answer can't hold any more differs still, and is found by the next reconciliation.
    for (ListCursor<SyncItem> cursor(items); has_item_room() && cursor.next(item);) {
        if (item.kind == SyncItemKind::Listing && !has_record_room()) {
            // Said anew as a summary, so that the other side comes back to it.
            say_summary(measure(item.low, item.high));
            continue;
        }
        switch (item.kind) {
            case SyncItemKind::Summary:
                answer_summary(item);
                break;
            case SyncItemKind::Listing:
                answer_listing(item);
                break;
            case SyncItemKind::Wanted:
                answer_wanted(item);
                break;
        }
    }
    index_ = {};  // Given back: thousands of engines may share this process.
    if ((item_count_ == 0 && update_count_ == 0 && !welcome) || (token == 0 && sender == kNoSlot)) {
        return;
    }
    Encoder encoder = core_.begin();
    if (welcome) {
        encoder.welcome(core_.envelope(), item_count_, items_, update_count_);
    } else {
        encoder.sync(core_.envelope(), item_count_, items_, update_count_);
    }
    encoder.raw(updates_);
    core_.answer(token, token == 0 ? core_.endpoint_of(sender) : Endpoint{});
}

void AntiEntropy::answer_summary(const SyncItem& item) {
    const Range own = measure(item.low, item.high);
    if (own.count == item.count && own.digest == item.digest) {
        return;
    }
    if (own.count > 0 && item.count <= 1) {
        // The other side holds nothing, or only itself: a newcomer. Sending all at once saves it
        // the round trips of a search.
        say_records(item.low, item.high);
    } else if (own.count <= kListedMax || item.low == item.high) {
        // Where nothing is held the listing is empty: it asks for everything.
        say_listing(item.low, item.high);
    } else {
        say_split(item.low, item.high);
    }
}

void AntiEntropy::answer_listing(const SyncItem& item) {
    collect(item.low, item.high);
    if (item.entries.count == 0) {
        say_records(item.low, item.high);
        return;
    }
    // Walk both sides: what differs here is sent, what differs or lacks there is asked for.
    std::vector<Slot> differing = collected_;
    wanted_.clear();
    ListingEntry entry;
    for (ListCursor<ListingEntry> cursor(item.entries); cursor.next(entry);) {
        const Slot slot = core_.roster.find_key(entry.key);
        if (slot == kNoSlot || core_.roster.digest_of(slot) != entry.digest) {
            wanted_.push_back(entry.key);
        } else {
            std::erase(differing, slot);
        }
    }
    for (const Slot slot : differing) {
        if (!say_record(slot)) {
            // What is left of the range follows when the other side answers its summary.
            say_summary(measure(core_.roster.profile(slot).key, item.high));
            break;
        }
    }
    // What we hold in another version was sent already, and is answered with the newer one if it is
    // old.
    if (!wanted_.empty() && has_item_room()) {
        Encoder encoder(items_);
        encoder.sync_wanted(static_cast<std::uint32_t>(wanted_.size()));
        for (const std::uint64_t key : wanted_) {
            encoder.wanted_key(key);
        }
        ++item_count_;
    }
}

void AntiEntropy::answer_wanted(const SyncItem& item) {
    std::uint64_t key = 0;
    for (WantedCursor cursor(item.entries); cursor.next(key);) {
        const Slot slot = core_.roster.find_key(key);
        if (slot != kNoSlot && !say_record(slot)) {
            return;
        }
    }
}

bool AntiEntropy::is_part(Slot slot, std::uint64_t low, std::uint64_t high) const {
    const Record& record = core_.roster[slot];
    if (!record.used || record.is_forgettable) {
        return false;
    }
    const std::uint64_t key = core_.roster.profile(slot).key;
    return key >= low && key <= high;
}

void AntiEntropy::index_table() {
    index_.clear();
    index_.reserve(core_.roster.size());
    for (Slot slot = 0; slot < core_.roster.slot_count(); ++slot) {
        if (is_part(slot, 0, kKeyMax)) {
            index_.push_back({core_.roster.profile(slot).key, slot});
        }
    }
    std::sort(index_.begin(), index_.end(),
              [](const Indexed& a, const Indexed& b) { return a.key < b.key; });
}

// Calls `visit` with every slot of the range; in order of keys if the table is indexed.
template <typename Visitor>
void AntiEntropy::visit(std::uint64_t low, std::uint64_t high, Visitor visitor) const {
    if (index_.empty()) {
        for (Slot slot = 0; slot < core_.roster.slot_count(); ++slot) {
            if (is_part(slot, low, high)) {
                visitor(slot);
            }
        }
        return;
    }
    const auto first =
        std::lower_bound(index_.begin(), index_.end(), low,
                         [](const Indexed& entry, std::uint64_t key) { return entry.key < key; });
    for (auto it = first; it != index_.end() && it->key <= high; ++it) {
        visitor(it->slot);
    }
}

AntiEntropy::Range AntiEntropy::measure(std::uint64_t low, std::uint64_t high) const {
    Range range{low, high, 0, 0};
    visit(low, high, [&](Slot slot) {
        ++range.count;
        range.digest += core_.roster.digest_of(slot);
    });
    return range;
}

void AntiEntropy::collect(std::uint64_t low, std::uint64_t high) {
    collected_.clear();
    visit(low, high, [&](Slot slot) { collected_.push_back(slot); });
    if (index_.empty()) {
        std::sort(collected_.begin(), collected_.end(), [this](Slot a, Slot b) {
            return core_.roster.profile(a).key < core_.roster.profile(b).key;
        });
    }
}

bool AntiEntropy::has_item_room() const {
    return item_count_ < kSyncItemCountMax && items_.size() <= kItemBytes;
}

bool AntiEntropy::has_record_room() const {
    return updates_.size() <= kPageBytes && update_count_ < kUpdateCountMax;
}

void AntiEntropy::say_summary(const Range& range) {
    if (has_item_room()) {
        Encoder(items_).sync_summary(range.low, range.high, range.count, range.digest);
        ++item_count_;
    }
}

void AntiEntropy::say_split(std::uint64_t low, std::uint64_t high) {
    const std::uint64_t width = (high - low) / kSplit + 1;
    std::array<Range, kSplit> parts{};
    for (std::uint32_t i = 0; i < kSplit; ++i) {
        const std::uint64_t first = low + i * width;
        const bool last = i == kSplit - 1 || first > high - width;
        parts[i] = {first, last ? high : first + width - 1, 0, 0};
    }
    visit(low, high, [&](Slot slot) {
        const std::uint64_t part =
            std::min<std::uint64_t>((core_.roster.profile(slot).key - low) / width, kSplit - 1);
        ++parts[part].count;
        parts[part].digest += core_.roster.digest_of(slot);
    });
    for (const Range& part : parts) {
        if (part.low <= part.high && part.low >= low) {
            say_summary(part);
            if (part.high == high) {
                break;
            }
        }
    }
}

void AntiEntropy::say_listing(std::uint64_t low, std::uint64_t high) {
    collect(low, high);
    if (!has_item_room() || collected_.size() > kListingCountMax) {
        return;
    }
    Encoder encoder(items_);
    encoder.sync_listing(low, high, static_cast<std::uint32_t>(collected_.size()));
    for (const Slot slot : collected_) {
        encoder.listing_entry({core_.roster.profile(slot).key, core_.roster.digest_of(slot)});
    }
    ++item_count_;
}

void AntiEntropy::say_records(std::uint64_t low, std::uint64_t high) {
    collect(low, high);
    for (const Slot slot : collected_) {
        if (!say_record(slot)) {
            say_summary(measure(core_.roster.profile(slot).key, high));
            return;
        }
    }
}

bool AntiEntropy::say_record(Slot slot) {
    if (!has_record_room()) {
        return false;
    }
    Encoder(updates_).update(core_.update_of(slot, true));
    ++update_count_;
    return true;
}

}  // namespace memberd
