"""Broken cores: each breaks one rule that the suite says it protects, by replacing text of one source file.

A mutant's `old` text occurs exactly once in its file; where it does not any more, the code has moved on and the mutant is
an error until it is brought along. `rule` names what is broken, in the words of gossip/PROTOCOL.md or chaos/README.md.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Edit:
    file: str
    old: str
    new: str


@dataclasses.dataclass(frozen=True)
class Mutant:
    name: str
    rule: str
    edits: tuple


def mutant(name, rule, *edits):
    return Mutant(name, rule, tuple(Edit(*edit) for edit in edits))


# The nine of every suite for such a protocol.
CLASSIC = (
    mutant("no-refutation", "the accused answers with a greater incarnation",
           ("gossip/claims_self.cpp",
            "        if (reaches_us) {\n            refute(claim);\n",
            "        if (reaches_us) {\n            return;\n")),
    mutant("equal-incarnation-wins", "only a greater incarnation is newer",
           ("gossip/member.cpp",
            "    if (held.incarnation != heard.incarnation) {\n        return by_order(held.incarnation, heard.incarnation);\n"
            "    }\n    return by_order(held.state, heard.state);",
            "    return heard.incarnation >= held.incarnation ? Verdict::Newer : Verdict::Older;")),
    mutant("no-tombstones", "the dead and the left are remembered against resurrection",
           ("gossip/claims.cpp",
            "        if (age > window + kForgettableFor) {",
            "        if (age >= Duration::zero() && window > Duration::zero()) {")),
    mutant("helper-may-be-the-target", "a helper is never the member that is asked about",
           ("gossip/swim_detection.cpp",
            "const Slot excluded[] = {probe_.member};",
            "const Slot excluded[] = {core_.self};")),
    mutant("suspicion-survives-refutation", "a refuted suspicion ends (swim, lifeguard)",
           ("gossip/swim_detection.cpp",
            "            std::erase_if(suspects_,\n                          [&event](const Suspect& s) { return s.member == event.member; });\n"
            "            return;",
            "            return;"),
           ("gossip/swim_detection.cpp",
            "    if (core_.roster.is_live(member) && core_.roster[member].state == MemberState::Suspect) {\n"
            "        const std::array<std::uint64_t, 1> accusers",
            "    if (core_.roster.is_live(member)) {\n        const std::array<std::uint64_t, 1> accusers")),
    mutant("case-survives-an-answer", "a round trip ends the case (memberd)",
           ("gossip/observer_detection.cpp",
            "    note_answering(*w);\n    prove_life(*w, answered.sent);",
            "    note_answering(*w);")),
    mutant("ring-holds-the-dead", "the ring is computed from the living",
           ("gossip/roster.cpp",
            "    if (is_live_state(record.state)) {\n        if (sign > 0) {",
            "    if (record.state != MemberState::Left) {\n        if (sign > 0) {")),
    mutant("any-ack-counts-swim", "an ack proves life only with the sequence that is awaited (swim, lifeguard)",
           ("gossip/swim_detection.cpp",
            "    if (ack.sequence == probe_.sequence && !probe_.answered &&\n        envelope.instance == probe_.instance) {\n"
            "        probe_answered();",
            "    if (!probe_.answered && envelope.instance == probe_.instance) {\n        probe_answered();")),
    mutant("any-ack-counts", "an ack proves life only with the sequence that is awaited (memberd)",
           ("gossip/observer_detection.cpp",
            "[&ack](const Outstanding& o) { return o.sequence == ack.sequence; });\n"
            "    if (found == outstanding_.end() || sender == kNoSlot) {",
            "[sender, &ack](const Outstanding& o) { return o.member == sender && ack.sequence != 0; });\n"
            "    if (found == outstanding_.end() || sender == kNoSlot) {")),
    mutant("synced-death-is-death-swim", "a death that comes by sync is a suspicion (swim, lifeguard)",
           ("gossip/claims.cpp",
            "            if (source == Source::Sync) {\n                // memberlist's rule",
            "            if (source == Source::Sync && slot == kNoSlot) {\n                // memberlist's rule")),
    mutant("synced-death-is-death", "a death that comes by sync waits for a refutation (memberd)",
           ("gossip/claims.cpp",
            "        } else if (source == Source::Sync) {\n            wait_for_refutation",
            "        } else if (source == Source::Sync && slot == kNoSlot) {\n            wait_for_refutation")),
    mutant("pause-goes-unnoticed", "a member that stood still hears what waited and accuses nobody",
           ("gossip/observer_cases.cpp",
            "    doubt_.paused(core_.now, gap);\n    // Nothing that was asked before can be held against anybody now.\n"
            "    outstanding_.clear();",
            "    if (gap >= Duration::zero()) {\n        return;\n    }\n    outstanding_.clear();"),
           ("gossip/observer_cases.cpp",
            "void ObserverDetection::late(Duration lateness) {\n    doubt_.late(core_.now, lateness);",
            "void ObserverDetection::late(Duration lateness) {\n    static_cast<void>(lateness);"),
           ("gossip/engine_impl.cpp",
            "    ++core.counters.received;\n    Message message;",
            "    fire(core.now);\n    ++core.counters.received;\n    Message message;")),
)

EVIDENCE = (
    mutant("one-accuser-suffices", "a death needs several independent suspicions",
           ("detector/timing.cpp",
            "    return std::min({most, n - 1, std::max(2U, reachable)});",
            "    return std::min({1U, most, reachable});")),
    mutant("repetition-confirms", "suspicions count by distinct accusers",
           ("gossip/observer_cases.cpp",
            "[&](const Accusation& a) { return a.subject == subject && a.accuser == accuser; });\n"
            "    if (known != accusations_.end()) {",
            "[&](const Accusation& a) { return a.subject == subject && a.accuser == accuser; });\n"
            "    if (known != accusations_.end() && accusations_.size() > 64) {")),
    mutant("death-without-depth", "a death needs a silence that the subject's history does not explain",
           ("gossip/observer_cases.cpp",
            "    if (core_.now < deep_at(w)) {",
            "    if (core_.now + (deep_at(w) - w.unanswered_since) / 2 < deep_at(w)) {")),
    mutant("rumour-is-believed", "a relayed death is applied only with enough living accusers",
           ("gossip/claims.cpp",
            "                   std::min<std::size_t>(2, core_.roster.live() - 1)) {",
            "                   std::min<std::size_t>(0, core_.roster.live() - 1)) {")),
    mutant("no-self-doubt", "whoever doubts itself accuses nobody",
           ("detector/self_doubt.cpp",
            "DoubtReason SelfDoubt::doubts(Instant now) const {\n",
            "DoubtReason SelfDoubt::doubts(Instant now) const {\n    if (now > Instant::min()) {\n"
            "        return DoubtReason::None;\n    }\n")),
    mutant("suspicion-never-ends", "a suspicion that nobody renews ends",
           ("gossip/observer_cases.cpp",
            "        if (a.heard < horizon) {\n            scratch_slots_.push_back(a.subject);\n            return true;",
            "        if (a.heard < horizon) {\n            scratch_slots_.push_back(a.subject);\n            return false;")),
    mutant("helper-invents-life", "a helper says alive only with a proof that is younger than the question",
           ("gossip/observer_helpers.cpp",
            "    if (w->alive_at > core_.now - std::chrono::milliseconds(ping_req.age_ms)) {",
            "    if (w->alive_at > Instant::min()) {")),
    mutant("old-life-excuses", "an answer excuses only the pings up to the one that it answers",
           ("gossip/observer_cases.cpp",
            "    if (w->unanswered_since == kNever || at <= w->unanswered_since) {",
            "    if (w->unanswered_since == kNever || at == Instant::min()) {")),
    mutant("another-run-answers", "an ack of another run is no life",
           ("gossip/observer_detection.cpp",
            "    if (answered.instance != envelope.instance || answered.member != sender) {",
            "    if (answered.member != sender && answered.sequence == 0) {")),
    mutant("observers-only", "members that do not observe the accused are asked too",
           ("gossip/observer_cases.cpp",
            "        ask_strangers(w);\n    } else {",
            "    } else {")),
    mutant("flapping-is-free", "a member that is removed again and again comes back later each time",
           ("gossip/claims_self.cpp",
            "        if (reaches_us && must_stay_away(update)) {",
            "        if (reaches_us && update.claim.instance == 0 && must_stay_away(update)) {")),
    mutant("halves-hold-back", "where a cluster fell apart nobody holds itself back",
           ("gossip/claims_self.cpp",
            "    return death.accuser_count != 1 && (accusers >= 2 || is_with_few || was_alone);",
            "    return death.accuser_count != 1 && (accusers < 2 || is_with_few || was_alone || accusers >= 2);")),
    mutant("one-refusal-is-enough", "a refused connection counts when it was refused for a while",
           ("gossip/observer_cases.cpp",
            "    return is_sure ? std::min(silent, w.refused_since + core_.timing.refused_for) : silent;",
            "    return is_sure || is_refused(w) ? std::min(silent, w.refused_since) : silent;")),
    mutant("no-way-around", "who reached a member for us is asked first the next time",
           ("gossip/observer_helpers.cpp",
            "    w.relay = helper;\n",
            "    w.relay = kNoSlot;\n    if (helper != kNoSlot) {\n        return;\n    }\n")),
    mutant("silent-helpers-are-kept", "helpers that say nothing are replaced by others",
           ("gossip/observer_helpers.cpp",
            "    if (count == 0 || doubt_.doubts(core_.now) == DoubtReason::SlowAnswers) {",
            "    if (count < kReplacedHelpersMax) {")),
    mutant("restart-has-no-grace", "a member that announced a restart keeps its place for a while",
           ("gossip/observer_detection.cpp",
            "        return grace.member == member && core_.now < grace.at;",
            "        return grace.member == member && core_.now > grace.at + core_.timing.period;")),
)

BASELINES = (
    mutant("swim-walks-at-random", "every member is probed once before any is probed twice",
           ("gossip/swim_detection.cpp",
            "        const Slot slot = order_.at(position_++);",
            "        const auto slot = static_cast<Slot>(core_.random.below(core_.roster.slot_count()));\n"
            "        ++position_;")),
    mutant("no-indirect-probes", "a missed ping is tried through helpers",
           ("gossip/swim_detection.cpp",
            "    core_.pick_live(core_.timing.baseline.ping_req_count, excluded, picked_);",
            "    core_.pick_live(0, excluded, picked_);")),
    mutant("accuser-confirms-itself", "only another accuser confirms a suspicion (lifeguard)",
           ("detector/suspicion_timer.cpp",
            "    if (std::find(known.begin(), known.end(), accuser) != known.end()) {",
            "    if (std::find(known.begin(), known.end(), accuser) == known.begin() + 7) {")),
    mutant("no-buddy", "a suspect hears of it with the next ping (lifeguard)",
           ("gossip/swim_detection.cpp",
            "    if (is_lifeguard() && core_.roster[member].state == MemberState::Suspect) {\n        Encoder(core_.scratch)",
            "    if (is_lifeguard() && core_.roster[member].state == MemberState::Left) {\n        Encoder(core_.scratch)")),
    mutant("health-never-falls", "a failed probe lowers the local health (lifeguard)",
           ("detector/local_health.hpp",
            "        if (score_ < kScoreMax) {",
            "        if (score_ > kScoreMax) {")),
    mutant("updates-never-end", "an update is passed on a bounded number of times",
           ("gossip/update_queue.cpp",
            "    std::erase_if(entries_,\n                  [limit](const QueuedUpdate& entry) { return entry.sent_count >= limit; });",
            "    std::erase_if(entries_,\n                  [limit](const QueuedUpdate& entry) { return entry.sent_count >= 64 * limit; });")),
)

TRUTH = (
    mutant("generation-is-ignored", "the higher generation wins",
           ("gossip/member.cpp",
            "        return by_order(held.generation, heard.generation);",
            "        return by_order(heard.generation, held.generation);")),
    mutant("death-beats-leaving", "left wins over every other state",
           ("gossip/member.cpp",
            "    if (held_left != heard_left) {",
            "    if (held_left && held.incarnation > heard.incarnation) {")),
    mutant("jumps-are-accepted", "an incarnation that jumps is refused",
           ("gossip/claims.cpp",
            "           claim.incarnation - held.incarnation <= kIncarnationJumpMax;",
            "           claim.incarnation > 0;")),
    mutant("refutes-without-rising", "a refutation is one above the accusation",
           ("gossip/claims_self.cpp",
            "        own.incarnation = claim.incarnation + 1;",
            "        own.incarnation = claim.incarnation;")),
    mutant("deaths-are-not-spread", "every change is passed on",
           ("gossip/claims.cpp",
            "    core_.note_change(ChangeKind::State, slot, previous, false);\n    core_.queue.add(slot, UpdateClass::Verdict);\n"
            "    core_.happened(MembershipEventKind::Departed, slot);",
            "    core_.note_change(ChangeKind::State, slot, previous, false);\n"
            "    core_.happened(MembershipEventKind::Departed, slot);")),
    mutant("the-outdated-stay-so", "an older claim is answered with the newer one",
           ("gossip/engine_impl.cpp",
            "    if (!outdated.empty() && (token != 0 || sender_is_known)) {",
            "    if (outdated.size() > kOutdatedToldMax && (token != 0 || sender_is_known)) {")),
    mutant("digests-are-not-compared", "disagreement is noticed by the digests and repaired",
           ("gossip/anti_entropy.cpp",
            "    if (heard.view_digest == core_.roster.view_digest() || !core_.roster.is_live(sender) ||",
            "    if (heard.view_digest != 0 || !core_.roster.is_live(sender) ||")),
    mutant("digest-without-incarnation", "the view digest covers everything",
           ("gossip/record_hash.cpp",
            "std::uint64_t{claim.incarnation} << 8U | state",
            "std::uint64_t{claim.incarnation} * 0 | state")),
    mutant("nobody-calls-the-lost", "seeds and the dead are contacted for ever",
           ("gossip/joining.cpp",
            "    contact_seeds_now_ = !contact_seeds_now_;\n    if (contact_seeds_now_) {\n        contact_seed();",
            "    contact_seeds_now_ = !contact_seeds_now_;\n    if (core_.now > Instant::min()) {\n        return;\n    }\n"
            "    if (contact_seeds_now_) {\n        contact_seed();")),
    mutant("the-dead-are-not-called", "the dead are contacted as long as they are remembered",
           ("gossip/joining.cpp",
            "    const std::uint32_t slots = core_.roster.slot_count();\n    for (Slot i = 0; core_.roster.count(MemberState::Dead) > 0",
            "    const std::uint32_t slots = core_.roster.slot_count();\n    for (Slot i = slots; core_.roster.count(MemberState::Dead) > 0")),
    mutant("leaves-in-silence", "a leave is told and acknowledged",
           ("gossip/joining.cpp",
            "    if (leave_asked_.empty()) {\n        finish_leave();",
            "    if (!leave_asked_.empty() || leave_until_ > core_.now) {\n        finish_leave();")),
)

NAMES = (
    mutant("names-are-free", "the name of a living member is refused to a newcomer",
           ("gossip/joining.cpp",
            "    if (holder == kNoSlot) {\n        return true;",
            "    if (holder == kNoSlot || holder != core_.self) {\n        return true;")),
    mutant("both-give-way", "of two that live under one name exactly one stops",
           ("gossip/joining.cpp",
            "    if (other_wins) {\n        core_.notice(",
            "    if (other_wins || sender.generation > 0) {\n        core_.notice(")),
    mutant("neither-gives-way", "of two that live under one name exactly one stops",
           ("gossip/joining.cpp",
            "    if (other_wins) {\n        core_.notice(",
            "    if (other_wins && sender.generation == 0) {\n        core_.notice(")),
    mutant("clusters-merge", "agents of different clusters refuse each other",
           ("gossip/engine_impl.cpp",
            "    if (message.envelope.cluster != core.cluster_hash) {",
            "    if (message.envelope.cluster == 0) {")),
    mutant("table-without-end", "no number of made-up names takes all memory",
           ("gossip/claims.cpp",
            "    return core_.roster.size() < kRecordCountMax &&",
            "    return core_.roster.size() < 1000 * kRecordCountMax &&")),
)

ALL = CLASSIC + EVIDENCE + BASELINES + TRUTH + NAMES
