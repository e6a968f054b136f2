// Coming, going, and finding one another again: joins and refusals, names that two claim, leaving
// with acknowledgement, and the endless contact with seeds and with the dead.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gossip/anti_entropy.hpp"
#include "gossip/claims.hpp"
#include "gossip/core.hpp"

namespace memberd {

class Joining {
  public:
    Joining(Core& core, Claims& claims, AntiEntropy& anti_entropy)
        : core_(core),
          claims_(claims),
          anti_entropy_(anti_entropy) {}

    void start();
    void set_seeds(std::span<const Endpoint> seeds);
    void leave(bool for_restart);

    void on_join(const Message& message, const Join& join, ReplyToken token);
    void on_welcome(const Message& message, const Welcome& welcome, ReplyToken token, Slot sender);
    void on_refuse(const Refuse& refuse);
    void on_leave(const Leave& leave, ReplyToken token);
    void on_leave_ack(const LeaveAck& ack, Slot sender);
    // True if the ack belonged to a probe of ours: the check of a name or a contact.
    bool on_ack(const Ack& ack, const Envelope& sender);
    // Somebody of another cluster or version spoke to us on `token`.
    void refuse_stranger(RefuseCode code, ReplyToken token);
    // Our own name is claimed by another run: finds out whether that one lives.
    void check_own_name(const ContestedName& contested);

    // A living member spoke to us: we are part of a cluster.
    void heard_from_member() { joined_ = joined_ || core_.roster.live() > 1; }

    void on_contact();
    void on_join_retry();
    void on_leave_retry();
    void on_name_check(const Timer& timer);

    // This process stood still: silence during a check of a name means nothing.
    void resumed() { checks_.clear(); }

    [[nodiscard]] bool joined() const { return joined_; }

    // Checks of names whose outcome still stands.
    [[nodiscard]] std::size_t check_count(Instant now) const;

  private:
    // A ping to whoever holds a name, to see whether that run lives.
    struct NameCheck {
        std::uint64_t key = 0;       // of the name
        std::uint64_t holder = 0;    // instance that holds the name
        std::uint64_t newcomer = 0;  // instance that wants it; our own when our name is contested
        Claim claim;                 // of the holder
        Endpoint endpoint;
        std::uint32_t sequence = 0;
        int pings_left = 0;
        bool approved = false;
        Instant until;
    };

    void send_join(const Endpoint& seed);
    void send_welcome(const Join& join, ReplyToken token);
    void refuse(RefuseCode code, std::uint64_t number, std::string_view reason, ReplyToken token);
    // Whether the newcomer may carry its name; answers it if not.
    bool admit(const Update& newcomer, ReplyToken token);
    void check_holder(Slot holder, const Update& newcomer);
    void send_check(NameCheck& check);
    void holder_answered(std::size_t index, const Envelope& sender);
    void holder_is_silent(std::size_t index);
    void send_leave();
    void finish_leave();
    [[nodiscard]] bool is_member(const Endpoint& endpoint) const;
    void contact_seed();
    void contact_dead();

    Core& core_;
    Claims& claims_;
    AntiEntropy& anti_entropy_;
    std::vector<Endpoint> seeds_;
    std::vector<NameCheck> checks_;
    std::vector<Slot> leave_asked_;
    std::vector<std::uint64_t> leave_acked_;  // keys of the names
    Duration join_delay_{};
    Instant leave_until_;
    std::uint32_t leave_sequence_ = 0;
    std::size_t next_seed_ = 0;
    std::size_t last_seed_ = 0;  // that was contacted
    Slot next_dead_ = 0;
    bool joined_ = false;
    bool welcomed_ = false;
    bool retry_is_set_ = false;
    bool for_restart_ = false;
    bool contact_seeds_now_ = true;
};

}  // namespace memberd
