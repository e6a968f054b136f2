// One direction of a TCP connection while something in it is unacknowledged: what Linux sends when,
// after a segment or its acknowledgement was lost.
//
// The flow counts bytes; who owns it keeps the messages, asks what may be sent now (next), carries
// it, and says what became of it (note_sent). It calls again at next_wake(), when an
// acknowledgement or a timer is due. Modelled, with the names that Linux gives them:
//   - the retransmission timer, 200 ms above the round trip, doubling to 120 s, back to the start
//     with every acknowledgement that advances (RFC 6298, TCP_RTO_MIN); it collapses the window to
//     one segment and holds all unacknowledged segments for lost (RFC 5681);
//   - the tail loss probe that comes first (RFC 8985 section 7), once an episode;
//   - time-based loss detection: what was sent before something that has arrived is lost, and is
//     sent again at once (RACK, RFC 8985); the window falls to 0.7 (CUBIC, RFC 9438);
//   - a timeout after which something never sent again turns out to have arrived was spurious, and
//     is undone (F-RTO, RFC 5682);
//   - cumulative and selective acknowledgements, each of which may be lost; one at once for every
//     segment that arrives. Real ones ride on answers or wait up to 40 ms where there is nothing to
//     answer;
//   - small segments that are sent again together with their successors, up to a full one, and
//     what could not be sent at all leaves in full ones;
//   - a receiver that reads no more, by the window that it has left.
//
// Not modelled: pacing, the window's growth in congestion avoidance beyond one a round trip, ECN,
// path MTU probing (off by default).
//
// Thread rule: one thread. Complexity: O(segments on their way) a call.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "detector/time.hpp"

namespace memberd::sim {

inline constexpr std::uint32_t kSegmentBytes = 1448;  // of payload: 1500, less IP, TCP, timestamps
inline constexpr std::uint16_t kWindowAtStart = 10;   // segments (RFC 6928)
inline constexpr Duration kRetransmitMin = std::chrono::milliseconds(200);  // TCP_RTO_MIN
inline constexpr Duration kRetransmitMax = std::chrono::seconds(120);       // TCP_RTO_MAX

// What is kept of a flow while nothing is on its way.
struct CongestionWindow {
    std::uint16_t segments = kWindowAtStart;
    std::uint16_t slow_start_until = 0xffff;
};

// Who sets the window.
enum class Congestion : std::uint8_t {
    Cubic,  // Linux's and Debian's default
    Bbr,    // version 1: at least four segments, and after a loss what there was before
};

class StreamFlow {
  public:
    enum class Kind : std::uint8_t {
        New,
        Again,
        Probe,  // of a tail
    };

    struct Transmission {
        Kind kind = Kind::New;
        std::uint32_t bytes = 0;
        std::uint32_t first = 0;  // of the segments on their way, that are sent again together
        std::uint32_t last = 0;   // behind the last of them
    };

    // What became of a segment: when it arrives, and when an acknowledgement of it does. kNever:
    // lost. Segments arrive in the order in which they are sent.
    struct Passage {
        Instant arrives = kNever;
        Instant known = kNever;
    };

    struct Path {
        Duration round_trip{};
        Duration give_up_after{};  // see StreamRules
        Duration phase{};          // of the sender's kernel, see kernel_timer.hpp
        Congestion congestion = Congestion::Cubic;
    };

    explicit StreamFlow(const CongestionWindow& window) : window_(window) {}

    void set_path(const Path& path) { path_ = path; }

    void write(std::uint32_t bytes) { end_ += bytes; }

    // Takes the acknowledgements that have come by now and fires the timer that is due.
    void hear(Instant now);

    // What may be sent now, if anything, while the receiver takes `room` bytes beyond what it has
    // acknowledged. Whatever it says must be sent, and note_sent() called, before it is asked
    // again.
    [[nodiscard]] std::optional<Transmission> next(std::uint64_t room) const;
    void note_sent(Instant now, const Transmission& what, const Passage& passage);

    // kNever: nothing will happen until something is written.
    [[nodiscard]] Instant next_wake() const;

    // Bytes since the beginning that the receiver has, without a gap.
    [[nodiscard]] std::uint64_t received() const { return received_; }

    [[nodiscard]] std::uint64_t unacknowledged() const { return end_ - acknowledged_; }

    [[nodiscard]] bool is_done() const { return end_ == acknowledged_; }

    // Too many retransmissions, or for too long. Nothing is sent any more.
    [[nodiscard]] bool has_given_up() const { return given_up_; }

    [[nodiscard]] const CongestionWindow& window() const { return window_; }

  private:
    enum class State : std::uint8_t {
        Open,
        Recovery,  // a loss was seen by what came after it
        Loss,      // the timer has fired
    };

    enum class Timer : std::uint8_t {
        Probe,
        Timeout,
    };

    struct Sent {
        std::uint64_t end = 0;
        Instant sent_at;
        Instant known_at = kNever;  // when the sender learns that it has arrived
        Instant arrived_sent_at;    // when what has arrived was sent
        bool has_arrived = false;
        bool is_known = false;   // the sender has learned it
        bool is_lost = false;    // or so the sender believes
        bool is_again = false;   // and has sent it again
        bool was_again = false;  // ever
    };

    struct Heard {
        bool anything = false;
        bool original = false;       // something that was never sent again
        std::uint32_t in_order = 0;  // segments
    };

    Heard take_acknowledgements(Instant now);
    void take_in_order(Heard& heard);
    void after_acknowledgements(Instant now, const Heard& heard);
    void undo_timeout();
    void grow_window(std::uint32_t segments, std::size_t on_their_way);
    void shrink_window();
    void mark_lost(Instant now);
    void enter_recovery();
    void fire_timer(Instant now);
    void time_out(Instant now);
    void arm_probe(Instant now);
    void arm_timeout(Instant now, Duration wait);
    [[nodiscard]] Duration timeout() const;
    [[nodiscard]] std::uint32_t in_flight() const;
    [[nodiscard]] std::optional<Transmission> next_again() const;
    [[nodiscard]] std::optional<Transmission> next_new(std::uint64_t room) const;
    Sent& note_again(Instant now, const Transmission& what);
    void note_arrival(Instant now, Sent& segment, const Passage& passage);

    Path path_;
    CongestionWindow window_;
    std::vector<Sent> sent_;          // the unacknowledged segments, in order
    std::uint64_t acknowledged_ = 0;  // without a gap
    std::uint64_t next_ = 0;          // to be sent
    std::uint64_t end_ = 0;           // written
    std::uint64_t received_ = 0;
    std::uint64_t recovery_end_ = 0;  // acknowledged up to here: the episode is over
    std::uint64_t probe_end_ = 0;     // of the tail that was probed; 0: none was
    Instant latest_sent_at_;          // of all that has arrived, and its end
    std::uint64_t latest_end_ = 0;
    Instant timer_at_ = kNever;
    Instant reorder_at_ = kNever;  // when what looks overtaken is lost
    Instant failing_since_ = kNever;
    std::uint16_t window_before_ = 0;
    std::uint8_t backoff_ = 0;
    std::uint8_t timeouts_ = 0;  // in a row
    State state_ = State::Open;
    Timer timer_ = Timer::Timeout;
    bool probe_is_due_ = false;
    bool must_send_again_ = false;  // whatever the window says
    bool given_up_ = false;
};

}  // namespace memberd::sim
