#include "gossip/codec.hpp"

namespace memberd {

void Encoder::begin(const Envelope& envelope, MessageType type) {
    writer_.array(11);
    writer_.unsigned_integer(kProtocolVersion);
    writer_.unsigned_integer(static_cast<std::uint8_t>(type));
    writer_.unsigned_integer(envelope.cluster);
    writer_.text(envelope.name);
    writer_.unsigned_integer(envelope.instance);
    writer_.unsigned_integer(envelope.generation);
    writer_.unsigned_integer(envelope.incarnation);
    writer_.unsigned_integer(envelope.view_digest);
    writer_.unsigned_integer(envelope.ring_digest);
}

void Encoder::update_list(std::uint32_t update_count) {
    writer_.array(update_count);
}

void Encoder::ping(const Envelope& envelope, const Ping& body, std::uint32_t update_count) {
    begin(envelope, MessageType::Ping);
    writer_.array(2);
    writer_.unsigned_integer(body.sequence);
    writer_.boolean(body.suspects_you);
    writer_.array(update_count);
}

void Encoder::ack(const Envelope& envelope, const Ack& body, std::uint32_t update_count) {
    begin(envelope, MessageType::Ack);
    writer_.array(2);
    writer_.unsigned_integer(body.sequence);
    writer_.unsigned_integer(body.next_slot_ms);
    writer_.array(update_count);
}

void Encoder::ping_req(const Envelope& envelope, const PingReq& body, std::uint32_t update_count) {
    begin(envelope, MessageType::PingReq);
    writer_.array(4);
    writer_.unsigned_integer(body.sequence);
    writer_.text(body.subject);
    writer_.unsigned_integer(body.subject_instance);
    writer_.unsigned_integer(body.age_ms);
    writer_.array(update_count);
}

void Encoder::nack(const Envelope& envelope, const Nack& body, std::uint32_t update_count) {
    begin(envelope, MessageType::Nack);
    writer_.array(1);
    writer_.unsigned_integer(body.sequence);
    writer_.array(update_count);
}

void Encoder::alive(const Envelope& envelope, const Alive& body, std::uint32_t update_count) {
    begin(envelope, MessageType::Alive);
    writer_.array(5);
    writer_.text(body.subject);
    writer_.unsigned_integer(body.subject_instance);
    writer_.unsigned_integer(body.sequence);
    writer_.unsigned_integer(body.age_ms);
    writer_.unsigned_integer(body.answered);
    writer_.array(update_count);
}

void Encoder::gossip(const Envelope& envelope, std::uint32_t update_count) {
    begin(envelope, MessageType::Gossip);
    writer_.array(0);
    writer_.array(update_count);
}

void Encoder::leave(const Envelope& envelope, const Leave& body, std::uint32_t update_count) {
    begin(envelope, MessageType::Leave);
    writer_.array(1);
    writer_.unsigned_integer(body.sequence);
    writer_.array(update_count);
}

void Encoder::leave_ack(const Envelope& envelope,
                        const LeaveAck& body,
                        std::uint32_t update_count) {
    begin(envelope, MessageType::LeaveAck);
    writer_.array(1);
    writer_.unsigned_integer(body.sequence);
    writer_.array(update_count);
}

void Encoder::refuse(const Refuse& body) {
    writer_.array(6);
    writer_.unsigned_integer(body.version);
    writer_.unsigned_integer(static_cast<std::uint8_t>(MessageType::Refuse));
    writer_.unsigned_integer(static_cast<std::uint8_t>(body.code));
    writer_.unsigned_integer(body.number);
    writer_.text(body.cluster);
    writer_.text(body.reason);
}

void Encoder::suspicion(const Envelope& envelope,
                        std::uint32_t entry_count,
                        std::uint32_t update_count) {
    begin(envelope, MessageType::Suspicion);
    writer_.array(1);
    begin_list(entry_count, update_count);
}

// The updates follow the last entry.
void Encoder::begin_list(std::uint32_t entry_count, std::uint32_t update_count) {
    writer_.array(entry_count);
    entries_left_ = entry_count;
    update_count_ = update_count;
    if (entries_left_ == 0) {
        writer_.array(update_count_);
    }
}

void Encoder::end_entry() {
    if (entries_left_ > 0 && --entries_left_ == 0) {
        writer_.array(update_count_);
    }
}

void Encoder::suspicion_entry(const SuspicionEntry& entry) {
    writer_.array(6);
    writer_.text(entry.subject);
    writer_.unsigned_integer(entry.subject_instance);
    writer_.unsigned_integer(entry.generation);
    writer_.unsigned_integer(entry.incarnation);
    writer_.unsigned_integer(entry.age_ms);
    writer_.unsigned_integer(entry.missed);
    end_entry();
}

void Encoder::evidence_request(const Envelope& envelope,
                               const EvidenceRequest& body,
                               std::uint32_t update_count) {
    begin(envelope, MessageType::EvidenceRequest);
    writer_.array(2);
    writer_.unsigned_integer(body.cookie);
    writer_.text(body.subject);
    writer_.array(update_count);
}

void Encoder::evidence(const Envelope& envelope,
                       std::uint64_t cookie,
                       std::uint32_t item_count,
                       std::uint32_t update_count) {
    begin(envelope, MessageType::Evidence);
    writer_.array(2);
    writer_.unsigned_integer(cookie);
    begin_list(item_count, update_count);
}

void Encoder::evidence_item(const EvidenceItem& item) {
    writer_.array(6);
    writer_.unsigned_integer(item.kind);
    writer_.text(item.other);
    writer_.unsigned_integer(item.ago_ms);
    writer_.unsigned_integer(item.age_ms);
    writer_.unsigned_integer(item.phi_milli);
    writer_.unsigned_integer(item.misses);
    end_entry();
}

void Encoder::item_body(std::uint32_t item_count, Bytes items, std::uint32_t update_count) {
    writer_.array(item_count);
    writer_.raw(items);
    writer_.array(update_count);
}

void Encoder::join(const Envelope& envelope,
                   std::string_view cluster,
                   std::uint32_t item_count,
                   Bytes items,
                   std::uint32_t update_count) {
    begin(envelope, MessageType::Join);
    writer_.array(2);
    writer_.text(cluster);
    item_body(item_count, items, update_count);
}

void Encoder::welcome(const Envelope& envelope,
                      std::uint32_t item_count,
                      Bytes items,
                      std::uint32_t update_count) {
    begin(envelope, MessageType::Welcome);
    writer_.array(1);
    item_body(item_count, items, update_count);
}

void Encoder::sync(const Envelope& envelope,
                   std::uint32_t item_count,
                   Bytes items,
                   std::uint32_t update_count) {
    begin(envelope, MessageType::Sync);
    writer_.array(1);
    item_body(item_count, items, update_count);
}

void Encoder::sync_summary(std::uint64_t low,
                           std::uint64_t high,
                           std::uint32_t count,
                           std::uint64_t digest) {
    writer_.array(5);
    writer_.unsigned_integer(static_cast<std::uint8_t>(SyncItemKind::Summary));
    writer_.unsigned_integer(low);
    writer_.unsigned_integer(high);
    writer_.unsigned_integer(count);
    writer_.unsigned_integer(digest);
}

void Encoder::sync_listing(std::uint64_t low, std::uint64_t high, std::uint32_t count) {
    writer_.array(4);
    writer_.unsigned_integer(static_cast<std::uint8_t>(SyncItemKind::Listing));
    writer_.unsigned_integer(low);
    writer_.unsigned_integer(high);
    writer_.array(2 * std::size_t{count});
}

void Encoder::listing_entry(const ListingEntry& entry) {
    writer_.unsigned_integer(entry.key);
    writer_.unsigned_integer(entry.digest);
}

void Encoder::sync_wanted(std::uint32_t count) {
    writer_.array(2);
    writer_.unsigned_integer(static_cast<std::uint8_t>(SyncItemKind::Wanted));
    writer_.array(count);
}

void Encoder::wanted_key(std::uint64_t key) {
    writer_.unsigned_integer(key);
}

void Encoder::update(const Update& update) {
    writer_.array(8);
    if (update.profile.empty()) {
        writer_.text(update.name);
        writer_.unsigned_integer(update.claim.instance);
    } else {
        writer_.nil();
        writer_.nil();
    }
    writer_.unsigned_integer(update.claim.generation);
    writer_.unsigned_integer(update.claim.incarnation);
    writer_.unsigned_integer(static_cast<std::uint8_t>(update.claim.state));
    writer_.unsigned_integer(update.age_s);
    writer_.array(update.accuser_count);
    for (std::size_t i = 0; i < update.accuser_count; ++i) {
        writer_.text(update.accusers[i]);
    }
    if (update.profile.empty()) {
        writer_.nil();
    } else {
        writer_.raw(update.profile);
    }
}

void Encoder::raw(Bytes bytes) {
    writer_.raw(bytes);
}

}  // namespace memberd
