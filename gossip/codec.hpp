// Messages to bytes and back. PROTOCOL.md is the specification; tests hold vectors of every
// message.
//
// Decoding validates all of a message before any of it is used, allocates nothing, throws nothing.
// Elements behind the known ones of an array are passed over, so that later versions may append.
#pragma once

#include <cstdint>
#include <vector>

#include "detector/time.hpp"
#include "gossip/messages.hpp"
#include "gossip/wire.hpp"

namespace memberd {

enum class DecodeStatus : std::uint8_t {
    Ok,
    Malformed,     // not a message, or beyond a limit
    OtherVersion,  // of another protocol version; nothing but that is known. A Refuse is Ok instead
    UnknownType,   // of this version and well-formed as far as the envelope goes
};

// On anything but Ok `message` is unspecified.
DecodeStatus decode(Bytes bytes, Message& message);

// Walks a list of a decoded message; every element is valid, since decode() has seen it.
template <typename Element>
class ListCursor {
  public:
    explicit ListCursor(const EncodedList<Element>& list) : bytes_(list.bytes), left_(list.count) {}

    // The next element, or false at the end.
    bool next(Element& element);

  private:
    Bytes bytes_;
    std::uint32_t left_;
};

template <>
bool ListCursor<Update>::next(Update& element);
template <>
bool ListCursor<SuspicionEntry>::next(SuspicionEntry& element);
template <>
bool ListCursor<EvidenceItem>::next(EvidenceItem& element);
template <>
bool ListCursor<SyncItem>::next(SyncItem& element);
// Entries of Wanted have no digest: their list is walked by WantedCursor.
template <>
bool ListCursor<ListingEntry>::next(ListingEntry& element);

// As times travel: whole milliseconds, rounded up; 0 to 2^31 - 1.
std::uint32_t to_wire_ms(Duration duration);

class WantedCursor {
  public:
    explicit WantedCursor(const EncodedList<ListingEntry>& list)
        : bytes_(list.bytes),
          left_(list.count) {}

    bool next(std::uint64_t& key);

  private:
    Bytes bytes_;
    std::uint32_t left_;
};

// Appends to a caller's buffer, which is reused from message to message. Counts of lists are fixed
// when they begin.
//
//   Encoder encoder(buffer);
//   encoder.ping(envelope, ping, update_count);
//   encoder.update(update);  // exactly update_count times
class Encoder {
  public:
    explicit Encoder(std::vector<std::uint8_t>& buffer) : writer_(buffer) {}

    // The list of updates of a message that was encoded with none: in the place of its last byte.
    void update_list(std::uint32_t update_count);
    void ping(const Envelope& envelope, const Ping& body, std::uint32_t update_count);
    void ack(const Envelope& envelope, const Ack& body, std::uint32_t update_count);
    void ping_req(const Envelope& envelope, const PingReq& body, std::uint32_t update_count);
    void nack(const Envelope& envelope, const Nack& body, std::uint32_t update_count);
    void alive(const Envelope& envelope, const Alive& body, std::uint32_t update_count);
    void gossip(const Envelope& envelope, std::uint32_t update_count);
    void leave(const Envelope& envelope, const Leave& body, std::uint32_t update_count);
    void leave_ack(const Envelope& envelope, const LeaveAck& body, std::uint32_t update_count);
    void refuse(const Refuse& body);

    // Followed by `entry_count` calls of suspicion_entry(), then updates.
    void suspicion(const Envelope& envelope, std::uint32_t entry_count, std::uint32_t update_count);
    void suspicion_entry(const SuspicionEntry& entry);

    void evidence_request(const Envelope& envelope,
                          const EvidenceRequest& body,
                          std::uint32_t update_count);
    // Followed by `item_count` calls of evidence_item(), then updates.
    void evidence(const Envelope& envelope,
                  std::uint64_t cookie,
                  std::uint32_t item_count,
                  std::uint32_t update_count);
    void evidence_item(const EvidenceItem& item);

    // Bodies made of sync items: the items are encoded beforehand into a scratch buffer with
    // sync_summary() and so on of another Encoder, so that their number is known.
    void join(const Envelope& envelope,
              std::string_view cluster,
              std::uint32_t item_count,
              Bytes items,
              std::uint32_t update_count);
    void welcome(const Envelope& envelope,
                 std::uint32_t item_count,
                 Bytes items,
                 std::uint32_t update_count);
    void sync(const Envelope& envelope,
              std::uint32_t item_count,
              Bytes items,
              std::uint32_t update_count);

    void sync_summary(std::uint64_t low,
                      std::uint64_t high,
                      std::uint32_t count,
                      std::uint64_t digest);
    void sync_listing(std::uint64_t low,
                      std::uint64_t high,
                      std::uint32_t count);  // then `count` listing_entry()
    void listing_entry(const ListingEntry& entry);
    void sync_wanted(std::uint32_t count);  // then `count` wanted_key()
    void wanted_key(std::uint64_t key);

    // One update; also usable on its own into a scratch buffer, to learn its size. With a profile,
    // name and instance are the profile's, and those of the argument are not looked at.
    void update(const Update& update);

    // Appends already encoded updates.
    void raw(Bytes bytes);

  private:
    void begin(const Envelope& envelope, MessageType type);
    void begin_list(std::uint32_t entry_count, std::uint32_t update_count);
    void end_entry();
    void item_body(std::uint32_t item_count, Bytes items, std::uint32_t update_count);

    wire::Writer writer_;
    // Of a suspicion or evidence that is being written: what is still to come.
    std::uint32_t entries_left_ = 0;
    std::uint32_t update_count_ = 0;
};

}  // namespace memberd
