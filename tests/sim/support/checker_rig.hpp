// Hand-made calls into an engine, for checkers: what it hears, says and shows is made up, so that
// every rule can be broken.
//
// Members m0, m1, ... are real engines that know one another; the calls are those of m0, whose
// engine is told of nothing.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "chaos/sim/address.hpp"
#include "chaos/sim/engine_call.hpp"
#include "chaos/sim/message_checker.hpp"
#include "chaos/sim/violation.hpp"

namespace memberd::sim {

class CheckerRig {
  public:
    static constexpr std::size_t kCount = 6;

    explicit CheckerRig(Mode mode, const Timing& timing = timing_of(TimingProfile::Lan))
        : network_(1, Carrying::Datagram, StreamRules{}, events_, packets_) {
        config.mode = mode;
        config.timing = timing;
        for (std::size_t i = 0; i < kCount; ++i) {
            Profile profile;
            profile.name = "m" + std::to_string(i);
            profile.instance = 100 + i;
            profile.endpoint = endpoint_of(static_cast<AddressId>(i));
            engines.push_back(std::make_unique<Engine>(config, profile, 1, pool, i + 1, now));
            ghosts.began(static_cast<ProcessId>(i), *engines.back(), config.cluster);
        }
        for (const auto& engine : engines) {
            std::vector<MemberView> others;
            for (const auto& other : engines) {
                if (other != engine) {
                    others.push_back(other->self());
                }
            }
            engine->restore(now, others, out);
        }
        out.clear();
    }

    [[nodiscard]] Claim claim(std::size_t member, MemberState state = MemberState::Alive) const {
        Claim claim = engines[member]->self().claim;
        claim.state = state;
        return claim;
    }

    [[nodiscard]] std::string name(std::size_t member) const {
        return "m" + std::to_string(member);
    }

    [[nodiscard]] Envelope envelope(std::size_t member) const {
        const Claim own = claim(member);
        Envelope envelope;
        envelope.name = pool[engines[member]->self().profile].name();
        envelope.instance = own.instance;
        envelope.generation = own.generation;
        envelope.incarnation = own.incarnation;
        return envelope;
    }

    [[nodiscard]] Update update(std::size_t member,
                                const Claim& about,
                                std::initializer_list<std::size_t> accusers = {}) const {
        Update update;
        update.name = pool[engines[member]->self().profile].name();
        update.claim = about;
        for (const std::size_t accuser : accusers) {
            update.accusers[update.accuser_count++] = pool[engines[accuser]->self().profile].name();
        }
        return update;
    }

    // The member raises its incarnation by one, as after a change of its tags.
    void raise(std::size_t member) {
        Attributes attributes;
        attributes.tags = {{"count", std::to_string(++raised_)}};
        Output ignored;
        engines[member]->set_attributes(now, attributes, ignored);
    }

    // m0 shows a member so.
    void show(std::size_t member, const Claim& shown, ChangeKind kind = ChangeKind::State) {
        Change change;
        change.kind = kind;
        change.claim = shown;
        change.previous = shown.state == MemberState::Dead ? MemberState::Alive : change.previous;
        change.profile = engines[member]->self().profile;
        out.changes.push_back(change);
    }

    // m0 sends what `write` encodes.
    void say(std::size_t to, const std::function<void(Encoder&)>& write) {
        Send send;
        send.to = endpoint_of(static_cast<AddressId>(to));
        send.offset = static_cast<std::uint32_t>(out.bytes.size());
        Encoder encoder(out.bytes);
        write(encoder);
        send.size = static_cast<std::uint32_t>(out.bytes.size()) - send.offset;
        out.sends.push_back(send);
    }

    // m0 hears what `write` encodes.
    void hear(const std::function<void(Encoder&)>& write) {
        heard_bytes_.clear();
        Encoder encoder(heard_bytes_);
        write(encoder);
        has_heard_ = decode(heard_bytes_, heard_) == DecodeStatus::Ok;
    }

    // Has the call judged, and forgets it.
    template <typename SomeChecker>
    void judge(SomeChecker& checker, std::uint64_t deaths_declared = 0) {
        MessageChecker messages;
        messages.read(ghosts.running(0), now, out, sent_, violations);
        checker.judge(
            EngineCall{now, now, ghosts.running(0), *engines[0], out,
                       has_heard_ ? &heard_ : nullptr, sent_, pool, network_, deaths_declared},
            violations);
        out.clear();
        sent_.clear();
        has_heard_ = false;
    }

    [[nodiscard]] std::string reported() const {
        std::string text;
        for (const Violation& violation : violations.list()) {
            text += violation.invariant + ": " + violation.text + "\n";
        }
        return text;
    }

    [[nodiscard]] bool has_reported(std::string_view invariant) const {
        return std::any_of(
            violations.list().begin(), violations.list().end(),
            [&](const Violation& violation) { return violation.invariant == invariant; });
    }

    [[nodiscard]] const Network& network() const { return network_; }

    Instant now{std::chrono::seconds(1000)};
    EngineConfig config;
    ProfilePool pool;
    std::vector<std::unique_ptr<Engine>> engines;
    Ghosts ghosts;
    Output out;
    Violations violations;

  private:
    EventQueue events_;
    PacketPool packets_;
    Network network_;
    std::vector<std::uint8_t> heard_bytes_;
    Message heard_;
    bool has_heard_ = false;
    std::vector<SentMessage> sent_;
    int raised_ = 0;
};

}  // namespace memberd::sim
