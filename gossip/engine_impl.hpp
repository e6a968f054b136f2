// The parts of the engine and the order in which they are asked; for engine.cpp and engine_impl.cpp
// only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <variant>
#include <vector>

#include "gossip/anti_entropy.hpp"
#include "gossip/claims.hpp"
#include "gossip/core.hpp"
#include "gossip/engine.hpp"
#include "gossip/evidence_exchange.hpp"
#include "gossip/joining.hpp"
#include "gossip/observer_detection.hpp"
#include "gossip/swim_detection.hpp"
#include "gossip/told_record.hpp"

namespace memberd {

// A ring digest counts for the agreement this long after it was heard.
inline constexpr Duration kDigestsHeardFor = std::chrono::seconds(15);

// Floods that need not keep the gap to one another.
inline constexpr std::size_t kFloodsAtOnce = 3;

// The parts and the order in which they are asked.
class EngineImpl {
  public:
    EngineImpl(EngineConfig config,
               const Profile& self,
               std::uint64_t generation,
               ProfilePool& pool,
               std::uint64_t seed,
               Instant now);

    ~EngineImpl() { core.release_retired(); }

    EngineImpl(const EngineImpl&) = delete;
    EngineImpl& operator=(const EngineImpl&) = delete;

    // Every input begins and ends with these.
    void begin(Instant now, Output& out);
    void end();

    void receive(ReplyToken token, Bytes bytes);
    void dispatch(const Message& message, ReplyToken token, Slot sender);
    void probing(const Message& message, ReplyToken token, Slot sender);
    void apply_updates(const Message& message, Slot sender);
    void enlighten(const Message& message, ReplyToken token, Slot sender);
    [[nodiscard]] bool others_will_tell(Slot dead) const;
    void choose(std::size_t count, std::vector<Slot>& members);
    [[nodiscard]] bool was_told(Slot listener, const std::vector<Slot>& news);
    void fire(Instant now);
    void fire(const Timer& timer);
    void flush();
    void set_flush();
    void start_sync();
    void pass_events();
    void note_digest(Slot sender, std::uint64_t ring_digest);
    bool on_caller_ack(const Ack& ack, const Envelope& envelope);
    void on_caller_timeout(std::uint32_t sequence);
    Slot find_sender(const Envelope& envelope);

    ObserverDetection* observer_detection() { return std::get_if<ObserverDetection>(&detection); }

    struct DigestHeard {
        Slot member = kNoSlot;
        std::uint64_t ring_digest = 0;
        Instant at;
    };

    struct CallerProbe {
        std::uint64_t cookie = 0;
        std::uint64_t instance = 0;
        std::uint32_t sequence = 0;
        Instant sent;
    };

    Core core;
    Claims claims;
    AntiEntropy anti_entropy;
    Joining joining;
    EvidenceExchange evidence;
    std::variant<SwimDetection, ObserverDetection> detection;
    std::vector<DigestHeard> digests;
    std::vector<CallerProbe> caller_probes;
    std::vector<Slot> nobody;
    ToldRecord told;
    bool flush_is_set = false;
    // When the last kFloodsAtOnce changes were passed on, the oldest first.
    std::array<Instant, kFloodsAtOnce> floods = {Instant::min(), Instant::min(), Instant::min()};
};

}  // namespace memberd
