// Writes a decoded message again, from what the decoder handed out: checkers and tests hold it
// against the bytes that it came from.
#pragma once

#include <cstdint>
#include <type_traits>
#include <variant>
#include <vector>

#include "gossip/codec.hpp"

namespace memberd::sim {

inline void reencode_item(Encoder& encoder, const SyncItem& item) {
    switch (item.kind) {
        case SyncItemKind::Summary:
            encoder.sync_summary(item.low, item.high, item.count, item.digest);
            return;
        case SyncItemKind::Listing: {
            encoder.sync_listing(item.low, item.high, item.entries.count);
            ListingEntry entry;
            for (ListCursor<ListingEntry> cursor(item.entries); cursor.next(entry);) {
                encoder.listing_entry(entry);
            }
            return;
        }
        case SyncItemKind::Wanted: {
            encoder.sync_wanted(item.entries.count);
            std::uint64_t key = 0;
            for (WantedCursor cursor(item.entries); cursor.next(key);) {
                encoder.wanted_key(key);
            }
            return;
        }
    }
}

inline std::vector<std::uint8_t> reencode_items(const EncodedList<SyncItem>& items) {
    std::vector<std::uint8_t> bytes;
    Encoder encoder(bytes);
    SyncItem item;
    for (ListCursor<SyncItem> cursor(items); cursor.next(item);) {
        reencode_item(encoder, item);
    }
    return bytes;
}

class Reencoder {
  public:
    Reencoder(const Message& message, std::vector<std::uint8_t>& bytes)
        : message_(message),
          encoder_(bytes) {}

    void run() {
        std::visit([this](const auto& body) { write(body); }, message_.body);
        Update update;
        for (ListCursor<Update> cursor(message_.updates); cursor.next(update);) {
            encoder_.update(update);
        }
    }

  private:
    void write(const Ping& body) { encoder_.ping(envelope(), body, updates()); }

    void write(const Ack& body) { encoder_.ack(envelope(), body, updates()); }

    void write(const PingReq& body) { encoder_.ping_req(envelope(), body, updates()); }

    void write(const Nack& body) { encoder_.nack(envelope(), body, updates()); }

    void write(const Alive& body) { encoder_.alive(envelope(), body, updates()); }

    void write(const Gossip&) { encoder_.gossip(envelope(), updates()); }

    void write(const Leave& body) { encoder_.leave(envelope(), body, updates()); }

    void write(const LeaveAck& body) { encoder_.leave_ack(envelope(), body, updates()); }

    void write(const Refuse& body) { encoder_.refuse(body); }

    void write(const Suspicion& body) {
        encoder_.suspicion(envelope(), body.entries.count, updates());
        SuspicionEntry entry;
        for (ListCursor<SuspicionEntry> cursor(body.entries); cursor.next(entry);) {
            encoder_.suspicion_entry(entry);
        }
    }

    void write(const EvidenceRequest& body) {
        encoder_.evidence_request(envelope(), body, updates());
    }

    void write(const Evidence& body) {
        encoder_.evidence(envelope(), body.cookie, body.items.count, updates());
        EvidenceItem item;
        for (ListCursor<EvidenceItem> cursor(body.items); cursor.next(item);) {
            encoder_.evidence_item(item);
        }
    }

    void write(const Join& body) {
        const auto items = reencode_items(body.items);
        encoder_.join(envelope(), body.cluster, body.items.count, items, updates());
    }

    void write(const Welcome& body) {
        const auto items = reencode_items(body.items);
        encoder_.welcome(envelope(), body.items.count, items, updates());
    }

    void write(const Sync& body) {
        const auto items = reencode_items(body.items);
        encoder_.sync(envelope(), body.items.count, items, updates());
    }

    [[nodiscard]] const Envelope& envelope() const { return message_.envelope; }

    [[nodiscard]] std::uint32_t updates() const { return message_.updates.count; }

    const Message& message_;
    Encoder encoder_;
};

// Replaces what is in the buffer.
inline void reencode(const Message& message, std::vector<std::uint8_t>& bytes) {
    bytes.clear();
    Reencoder(message, bytes).run();
}

inline std::vector<std::uint8_t> reencode(const Message& message) {
    std::vector<std::uint8_t> bytes;
    reencode(message, bytes);
    return bytes;
}

}  // namespace memberd::sim
