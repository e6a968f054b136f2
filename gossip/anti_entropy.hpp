// Anti-entropy: finds and exchanges just the records that differ between two members' tables.
//
// Range-based set reconciliation (after Meyer 2023, "Range-Based Set Reconciliation"): a range of
// name keys is summed up by count and digest; where the sums differ the range is split or listed,
// and only records that differ travel. Every message says all that its answer needs, so neither
// side keeps a conversation; a table of any size moves in pages.
//
// Complexity: O(n log n + items log n) per message of many items, O(n) for few. Messages per
// difference: about log16(n) round trips.
#pragma once

#include <cstdint>
#include <vector>

#include "gossip/core.hpp"

namespace memberd {

class AntiEntropy {
  public:
    explicit AntiEntropy(Core& core) : core_(core), last_start_(core.now) {}

    // Items that sum up this whole table, for Join and Sync; valid until the next call of any
    // function here.
    struct Items {
        std::uint32_t count = 0;
        Bytes bytes;
    };

    Items whole_table();

    // Begins a reconciliation with a member.
    void start(const Endpoint& peer);
    // Begins one on the connection that a request came on.
    void start_on(ReplyToken token);

    // After the updates of the message were applied: answers its items, if there is anything to
    // say.
    void on_items(const EncodedList<SyncItem>& items, ReplyToken token, Slot sender, bool welcome);

    // Both digests were heard from a living member: starts a reconciliation if they differ from
    // ours, ours has been still for a while, and none was started a moment ago. Mode memberd.
    void compare_digests(const Envelope& heard, Slot sender);

  private:
    struct Range {
        std::uint64_t low = 0;
        std::uint64_t high = 0;
        std::uint32_t count = 0;
        std::uint64_t digest = 0;
    };

    void answer_summary(const SyncItem& item);
    void answer_listing(const SyncItem& item);
    void answer_wanted(const SyncItem& item);
    [[nodiscard]] Range measure(std::uint64_t low, std::uint64_t high) const;
    void collect(std::uint64_t low, std::uint64_t high);
    void say_summary(const Range& range);
    void say_split(std::uint64_t low, std::uint64_t high);
    void say_listing(std::uint64_t low, std::uint64_t high);
    // Adds the records of the range as updates until the page is full; the rest of the range
    // becomes a summary.
    void say_records(std::uint64_t low, std::uint64_t high);
    bool say_record(Slot slot);
    void reset();
    [[nodiscard]] bool has_item_room() const;
    [[nodiscard]] bool has_record_room() const;
    void index_table();
    template <typename Visitor>
    void visit(std::uint64_t low, std::uint64_t high, Visitor visitor) const;
    [[nodiscard]] bool is_part(Slot slot, std::uint64_t low, std::uint64_t high) const;

    Core& core_;
    Instant last_start_;
    std::vector<std::uint8_t> items_;
    std::uint32_t item_count_ = 0;
    std::vector<std::uint8_t> updates_;
    std::uint32_t update_count_ = 0;

    // The table by key, for a message with many items; empty otherwise.
    struct Indexed {
        std::uint64_t key = 0;
        Slot slot = kNoSlot;
    };

    std::vector<Indexed> index_;
    std::vector<Slot> collected_;
    std::vector<std::uint64_t> wanted_;
};

}  // namespace memberd
