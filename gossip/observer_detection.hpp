// Failure detection of mode memberd: lasting observers, depth and breadth of evidence, doubt of
// oneself.
//
// Every member is watched by the members before it on K rings (observers.hpp); they ping it in
// turn, once a period in all. A miss is looked at at once: helpers ping too, the connection is
// replaced, fresh pings follow. Only a round trip is life: an answer to a later ping, one's own or
// a helper's, ends the case. A death takes depth (one's own ping unanswered for longer than the
// subject's history explains) and breadth (that several members say so independently), and nobody
// accuses while it doubts itself. In the place of depth stands that a subject leaves most of my
// probes unanswered while others answer theirs: that no single answer ends. detector/README.md has
// the numbers, PROTOCOL.md the messages.
//
// Complexity: O(K) per message; O(K n) when a case opens and when membership changed.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "detector/answer_record.hpp"
#include "detector/permutation.hpp"
#include "detector/round_trip.hpp"
#include "detector/self_doubt.hpp"
#include "gossip/claims.hpp"
#include "gossip/core.hpp"

namespace memberd {

class ObserverDetection {
  public:
    ObserverDetection(Core& core, Claims& claims);

    void start();
    void on_event(const MembershipEvent& event);
    void on_timer(const Timer& timer);
    void on_ping(const Ping& ping, Slot sender, ReplyToken token);
    void on_ack(const Ack& ack, const Envelope& envelope, Slot sender);
    // This member has answered a ping that left at `sent`, and that another part of the engine
    // sent.
    void on_other_ack(Slot member, Instant sent);
    void on_ping_req(const PingReq& ping_req, Slot sender, ReplyToken token);
    void on_nack(const Nack& nack, Slot sender);
    void on_alive(const Alive& alive, Slot sender);
    void on_suspicion(const EncodedList<SuspicionEntry>& entries, Slot sender, ReplyToken token);
    void on_link(const LinkEvent& event);
    void resumed(Duration gap);
    void late(Duration lateness);
    // After every input: follows changes of membership, notices the beginning and the end of doubt.
    void settle();

    [[nodiscard]] std::optional<Observation> observation(Instant now, Slot member) const;

    // A ping of ours to it is missed.
    [[nodiscard]] bool is_silent(Slot member) const;

    // Cases that are open and accusations that are held.
    [[nodiscard]] std::size_t case_count() const;

    // Nobody heeds a member that has been removed; while it stays away it accuses nobody. But where
    // nobody answers it for so long that its own evidence decides, it must see that it is alone.
    [[nodiscard]] DoubtReason doubt() const {
        return claims_.stays_away(core_.now) && !doubt_.alone(core_.now) ? DoubtReason::HeldBack
                                                                         : doubt_.doubts(core_.now);
    }

    // All answers are slow, or none comes, or nobody would heed us: more questions would only make
    // it worse.
    [[nodiscard]] bool must_be_quiet() const {
        const DoubtReason reason = doubt();
        return reason == DoubtReason::SlowAnswers || reason == DoubtReason::Silence ||
               reason == DoubtReason::HeldBack;
    }

    [[nodiscard]] std::string_view doubt_text() const;

    [[nodiscard]] int local_health() const { return doubt() == DoubtReason::None ? 0 : 1; }

    [[nodiscard]] const std::vector<Slot>& subjects();
    [[nodiscard]] const std::vector<Slot>& observers();

  private:
    // A member that got a ping this recently (in parts of the interval of fresh pings) is not
    // pinged again; and the first repetition comes after it.
    static constexpr int kRecentPingParts = 4;

    // Who waits for news of a subject because it asked us with a ping-req.
    struct Asker {
        Slot member = kNoSlot;
        std::uint32_t sequence = 0;
        ReplyToken token = 0;
        bool has_nack = false;
    };

    // Who sent several pings that are answered at once: the last of them, where token is not 0.
    struct LateAnswer {
        Slot asker = kNoSlot;
        std::uint32_t sequence = 0;
        ReplyToken token = 0;
    };

    // A helper that we asked for a ping.
    struct Helper {
        Slot member = kNoSlot;
        std::uint32_t sequence = 0;
        bool has_nack = false;
        Instant asked_at;
    };

    // A member that we ping: one of our subjects, or one that somebody has asked about.
    struct Watch {
        explicit Watch(const RoundTripPrior& prior) : round_trips(prior) {}

        Slot member = kNoSlot;
        std::uint64_t instance = 0;
        bool is_subject = false;
        bool case_is_open = false;
        bool we_suspect = false;
        bool is_reconnected = false;  // early in the open case
        RoundTrips round_trips;
        Instant next_ping;  // of a subject
        Instant unanswered_since =
            kNever;  // when the first ping was sent that no later answer excuses
        Instant alive_at =
            Instant::min();  // when the last ping was sent that the member has answered
        Instant answered_at = Instant::min();
        Instant own_alive_at = Instant::min();  // as alive_at, of answers to us alone
        Instant last_ping = Instant::min();
        Instant next_fresh_ping = kNever;
        Instant next_helpers = kNever;  // when others are asked than those that reached it last
        Instant connected_at = Instant::min();  // when its present connection was asked for
        Instant next_suspicion = kNever;
        Instant case_tick = kNever;        // the timer that counts; others are stale
        Instant used_at;                   // of a watch that is no subject: when it was last of use
        Instant refused_since = kNever;    // connections to it are refused
        Instant refused_at = kNever;       // when one was refused last
        Slot relay = kNoSlot;              // the helper that proved its life last
        std::uint32_t relayed = 0;         // such proofs since its last answer to us
        std::uint32_t relay_streak = 0;    // of them by this helper in a row, none after a nack
        bool is_link_broken = false;       // said so
        bool has_asked_strangers = false;  // in this case
        AnswerRecord record;               // of a subject
        Instant look_since = kNever;       // a closer look at the share that it answers
        Instant look_until = kNever;
        Instant next_look = Instant::min();
        std::uint32_t looks = 0;             // each makes the pause before the next one longer
        Instant accused_since = kNever;      // by us, for its share
        Instant next_word = Instant::min();  // when its share may be said again
        std::uint32_t words = 0;             // said in this case or look
        std::vector<Slot> share_accusers;    // who said in this look that it answers too little
        std::vector<Asker> askers;
        std::vector<Helper> helpers;  // of the open case, or of the last one
    };

    struct Outstanding {
        std::uint32_t sequence = 0;
        Slot member = kNoSlot;
        std::uint64_t instance = 0;
        Instant sent;
        bool is_excused = false;  // its answer still shows who is reachable, its absence nothing
    };

    // Somebody's suspicion, with its age at the time it was heard.
    struct Accusation {
        Slot subject = kNoSlot;
        Slot accuser = kNoSlot;
        std::uint64_t accuser_key = 0;
        Instant heard;
        Instant share_heard = Instant::min();  // the last time that it counted misses
    };

    // A member and a time that belongs to it.
    struct MemberTime {
        Slot member = kNoSlot;
        Instant at;
    };

    Watch* watch_of(Slot member);
    [[nodiscard]] const Watch* watch_of(Slot member) const;
    Watch* watch(Slot member);
    void drop_watches_of(Slot member);
    void drop_accusations_by(Slot accuser);
    void refresh_neighbours();
    [[nodiscard]] bool is_subject(Slot member) const;
    void add_subject(Slot member);
    void ping(Watch& watch, bool fresh);
    void forget_old_pings();
    [[nodiscard]] bool has_no_ping_since(const Watch& watch, Duration lately) const;
    [[nodiscard]] bool waits_for_later(const Ping& ping, Slot asker, ReplyToken token);
    void answer(std::uint32_t sequence, Slot asker, ReplyToken token);
    void answer_backlog();
    void note_long_silence();
    void schedule_subject(Watch& watch, Instant at);
    void on_subject_ping(Slot member);
    void on_ping_timeout(std::uint32_t sequence);
    void on_random_contact();
    void open_case(Watch& watch);
    void close_case(Watch& watch, EvidenceKind how, Duration age);
    void on_case_tick(Slot member, Instant at);
    void schedule_case(Watch& watch);
    [[nodiscard]] std::vector<Slot> no_helpers_for(const Watch& watch) const;
    void ask_helpers(Watch& watch, std::size_t count);
    [[nodiscard]] bool is_accused(Slot member) const;
    [[nodiscard]] bool has_relay(const Watch& watch) const;
    [[nodiscard]] std::size_t helper_budget() const;
    [[nodiscard]] bool has_answer_since(Instant since) const;
    [[nodiscard]] bool is_heard(const Watch& watch) const;
    [[nodiscard]] bool is_unheard() const;
    void replace_silent_helpers(Watch& watch);
    [[nodiscard]] std::size_t open_cases() const;
    Duration fresh_ping_pause(bool is_patient);
    void ask_relay(Watch& watch);
    void add_relay(const Watch& watch,
                   const std::vector<Slot>& excluded,
                   std::vector<Slot>& helpers) const;
    [[nodiscard]] bool is_new_relay(const Watch& watch, const MemberTime& relay) const;
    void ask_new_relays(Watch& watch);
    [[nodiscard]] Instant relays_had_time(const Watch& watch) const;
    void remember_relay(Watch& watch, Slot helper, std::uint32_t sequence);
    void tell_helper(const Watch& watch, Slot helper);
    [[nodiscard]] Duration usual_round_trip(const Watch& watch) const;
    [[nodiscard]] Duration answer_timeout(const Watch& watch) const;
    [[nodiscard]] Duration timeout_of(const Watch& watch) const;
    [[nodiscard]] bool may_replace_connection(const Watch& watch) const;
    void ask_strangers(Watch& watch, std::size_t count, std::vector<Slot> excluded);
    void ask_strangers(Watch& watch);
    [[nodiscard]] bool has_few_accusers(const Watch& watch) const;
    void ask_for_more_accusers(Watch& watch);
    void ask(Watch& watch, const std::vector<Slot>& helpers);
    void burst();
    void suspect(Watch& watch, Duration silence);
    void say_suspicion(Watch& watch, Duration silence, std::size_t strangers = 0);
    void consider_death(Watch& watch);
    [[nodiscard]] Instant share_since() const;
    [[nodiscard]] bool others_answer(const Watch& watch);
    [[nodiscard]] bool answers_too_little(const Watch& watch);
    [[nodiscard]] bool is_looked_at(const Watch& watch) const;
    void look_closer(Watch& watch);
    void judge_share(Slot member);
    void hear_of_share(Slot member, Slot accuser);
    void hear_of_answers(Watch& watch);
    void end_share_accusation(Watch& watch);
    [[nodiscard]] bool has_small_share(Watch& watch);
    void contradict(Watch& watch);
    static Duration probe_spacing(const Timing& timing);
    [[nodiscard]] Instant first_unanswered(const Watch& watch) const;
    void prove_life(Watch& watch, Instant at);
    void tell_askers(Watch& watch);
    void accuse(Slot subject, Slot accuser, Duration age, std::uint32_t missed = 0);
    void set_accusation_end();
    void expire_accusations();
    void show_suspicion(Slot member);
    void withdraw_cases();
    void after_answer(Duration round_trip);
    void keep_hearing_answers(Instant last_answer);
    void check_doubt();
    void ping_all_subjects_soon();
    void ask_random_members(std::size_t count);
    [[nodiscard]] Duration quiet_pause() const;
    void remove_outstanding(Slot member);
    void excuse_outstanding(Slot member);
    void give_grace(Slot member);
    [[nodiscard]] std::size_t valid_accusers(Slot subject,
                                             bool of_share,
                                             std::vector<std::uint64_t>* keys) const;
    [[nodiscard]] std::uint32_t reachable_count(Slot accused) const;
    [[nodiscard]] Duration next_slot_for(Slot observer);
    [[nodiscard]] bool has_grace(Slot member) const;
    [[nodiscard]] Duration silence_of(const Watch& watch) const;
    [[nodiscard]] bool is_refused(const Watch& watch) const;
    [[nodiscard]] Instant suspect_at(const Watch& watch) const;
    [[nodiscard]] Instant deep_at(const Watch& watch) const;
    void note_refusal(Watch& watch);
    void note_answer(Slot member, Instant sent);
    void note_answering(Watch& watch);
    void note_reachable(Slot member);

    Core& core_;
    Claims& claims_;
    SelfDoubt doubt_;
    std::vector<Watch> watches_;
    std::vector<Outstanding> outstanding_;
    std::vector<Accusation> accusations_;
    std::vector<LateAnswer> late_answers_;

    std::vector<MemberTime> reachable_;  // members with a round trip lately, and when
    std::vector<MemberTime>
        graces_;  // members that announced a restart, and until when they keep their place
    std::vector<MemberTime> relays_;  // helpers that proved somebody's life, the last one first
    std::vector<Slot> scratch_slots_;
    bool subject_lost_watch_ = false;  // it restarted, and is a subject still
    Instant slots_origin_;             // of the cycle of our observers, at random within a period
    Instant last_burst_;
    Instant last_answer_;  // of anybody to any question, also of helpers
    Instant last_round_trip_ = Instant::min();
    Instant long_silent_at_ = kNever;  // the last time that no round trip had ended for long
    Instant last_quick_answer_ = Instant::min();  // one that took less than any timeout
    Instant last_canary_;
    Instant withdrawn_at_ = Instant::min();  // the last time that all cases were
    Instant quiet_slot_;                     // the last one taken
    Permutation contact_order_;
    std::uint32_t contact_position_ = 0;
    DoubtReason told_doubt_ = DoubtReason::None;
    Instant doubted_at_;
    bool told_alone_ = false;
    bool accusation_end_is_set_ = false;
};

}  // namespace memberd
