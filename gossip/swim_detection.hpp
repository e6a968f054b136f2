// Failure detection of the modes swim and lifeguard: the baselines, complete and plain.
//
// SWIM (Das, Gupta, Motivala 2002): one member a period in shuffled round robin, then k helpers,
// then suspicion (4.2), all spread by piggyback (4.1) and, as memberlist does, by gossip rounds.
// Lifeguard (Dadgar, Phillips, Currey 2018) adds local health with nacks (IV-A), suspicion that
// shortens with independent confirmations (IV-B) and the buddy system (IV-C).
//
// Complexity: O(1) per message besides the queue. Thread rule: one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "detector/local_health.hpp"
#include "detector/permutation.hpp"
#include "detector/suspicion_timer.hpp"
#include "gossip/claims.hpp"
#include "gossip/core.hpp"

namespace memberd {

class SwimDetection {
  public:
    SwimDetection(Core& core, Claims& claims);

    void start();
    void on_event(const MembershipEvent& event);
    void on_timer(const Timer& timer);
    void on_ping(const Ping& ping, Slot sender, ReplyToken token);
    void on_ack(const Ack& ack, const Envelope& envelope);
    void on_ping_req(const PingReq& ping_req, Slot sender, ReplyToken token);
    void on_nack(const Nack& nack, Slot sender);
    void on_alive(const Alive& alive, Slot sender);
    void resumed(Duration gap);

    [[nodiscard]] std::optional<Observation> observation(Instant now, Slot member) const;

    // Suspicions whose timers run.
    [[nodiscard]] std::size_t case_count() const { return suspects_.size(); }

    [[nodiscard]] int local_health() const { return static_cast<int>(health_.score()); }

  private:
    struct Probe {
        Slot member = kNoSlot;
        std::uint64_t instance = 0;
        std::uint32_t sequence = 0;
        Instant sent;
        bool answered = true;
    };

    // Asked to ping the probed member for us.
    struct Helper {
        Slot member = kNoSlot;
        bool said_nack = false;
    };

    // A ping that we send for somebody else.
    struct Relay {
        std::uint32_t sequence = 0;
        std::uint32_t asker_sequence = 0;
        Slot asker = kNoSlot;
        Slot subject = kNoSlot;
        std::uint64_t instance = 0;
        ReplyToken token = 0;
        Instant sent;
    };

    struct Suspect {
        Slot member = kNoSlot;
        std::uint32_t incarnation = 0;  // that was accused: a later one starts anew
        SuspicionTimer timer;
    };

    [[nodiscard]] bool is_lifeguard() const { return core_.config.mode == Mode::Lifeguard; }

    [[nodiscard]] Duration scaled(Duration interval) const {
        return is_lifeguard() ? health_.scaled(interval) : interval;
    }

    void on_period();
    void conclude_probe();
    void judge_own_health();
    [[nodiscard]] bool probed_run_stands() const;
    Helper* helper_of(Slot sender);
    Slot next_member();
    void send_ping(Slot member, std::uint32_t sequence);
    void on_probe_timeout(std::uint32_t sequence);
    void on_helper_timeout(std::uint32_t sequence);
    void drop_old_relays();
    void probe_answered();
    void on_suspected(Slot member, Slot accuser);
    void on_suspicion_end(Slot member);
    void on_gossip();

    Core& core_;
    Claims& claims_;
    LocalHealth health_;
    Probe probe_;
    std::vector<Helper> helpers_;  // of this probe
    std::vector<Relay> relays_;
    std::vector<Suspect> suspects_;
    std::vector<Slot> picked_;
    Permutation order_;
    std::uint32_t position_ = 0;
};

}  // namespace memberd
