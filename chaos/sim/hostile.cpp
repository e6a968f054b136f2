#include "chaos/sim/hostile.hpp"

#include <algorithm>
#include <array>

#include "chaos/sim/forgery.hpp"

namespace memberd::sim {
namespace {

constexpr std::array kActs{
    HostileAct::ForgedSuspicions, HostileAct::ForgedDeaths, HostileAct::ForgedLeaves,
    HostileAct::ForgedLives,      HostileAct::HugeNumbers,  HostileAct::NameTheft,
    HostileAct::FalseRefusals,    HostileAct::Replay,       HostileAct::Garbage,
    HostileAct::Mutilation,       HostileAct::Flood,        HostileAct::Amplification,
    HostileAct::MadeUpMembers,
};

constexpr int kPingsABlow = 100;
constexpr int kReplayedFaster = 10;
// Where nobody ever listens.
constexpr AddressId kNowhere = kAddressCountMax - 1;

}  // namespace

std::span<const HostileAct> hostile_acts() {
    return kActs;
}

std::string_view to_string(HostileAct act) {
    switch (act) {
        case HostileAct::ForgedSuspicions:
            return "forged-suspicions";
        case HostileAct::ForgedDeaths:
            return "forged-deaths";
        case HostileAct::ForgedLeaves:
            return "forged-leaves";
        case HostileAct::ForgedLives:
            return "forged-lives";
        case HostileAct::HugeNumbers:
            return "huge-numbers";
        case HostileAct::NameTheft:
            return "name-theft";
        case HostileAct::FalseRefusals:
            return "false-refusals";
        case HostileAct::Replay:
            return "replay";
        case HostileAct::Garbage:
            return "garbage";
        case HostileAct::Mutilation:
            return "mutilation";
        case HostileAct::Flood:
            return "flood";
        case HostileAct::Amplification:
            return "amplification";
        case HostileAct::MadeUpMembers:
            return "made-up-members";
    }
    return "unknown";
}

std::optional<HostileAct> parse_hostile_act(std::string_view text) {
    for (const HostileAct act : kActs) {
        if (text == to_string(act)) {
            return act;
        }
    }
    return std::nullopt;
}

Hostile::Hostile(World& world, ProcessId self, AddressId address, std::uint64_t seed)
    : world_(world),
      self_(self),
      address_(address),
      random_(seed) {}

void Hostile::begin(HostileAct act,
                    std::vector<ProcessId> targets,
                    Duration length,
                    double per_second) {
    Campaign campaign;
    campaign.act = act;
    campaign.targets = std::move(targets);
    campaign.began = world_.now();
    campaign.until = world_.now() + length;
    campaign.pause = std::max(Duration(1), from_seconds(1.0 / per_second));
    campaigns_.push_back(std::move(campaign));
    strike(campaigns_.size() - 1);
}

void Hostile::heard(ReplyToken token, Bytes bytes) {
    heard_bytes_ += bytes.size();
    static_cast<void>(token);
}

// Ends with its process, which may have been killed.
void Hostile::strike(std::size_t index) {
    Campaign& campaign = campaigns_[index];
    if (world_.now() >= campaign.until || world_.life(self_) != Life::Up) {
        return;
    }
    const std::vector<Mark> marks = look(campaign.targets);
    if (!marks.empty()) {
        ++blows_;
        blow(campaign, marks);
    }
    world_.at(world_.now() + campaign.pause, [this, index] { strike(index); });
}

std::vector<Hostile::Mark> Hostile::look(const std::vector<ProcessId>& targets) const {
    std::vector<Mark> marks;
    for (const ProcessId process : targets) {
        if (world_.life(process) != Life::Absent && !world_.is_outsider(process)) {
            const MemberView view = world_.engine(process).self();
            marks.push_back({process, view, world_.pool().open(view.profile)});
        }
    }
    return marks;
}

const Hostile::Mark& Hostile::any(const std::vector<Mark>& marks) {
    return marks[random_.below(marks.size())];
}

Envelope Hostile::in_the_name_of(const Mark& mark) const {
    return forged_envelope(mark.profile.name, mark.view.claim, world_.options().engine.cluster);
}

Profile Hostile::invented() {
    Profile profile;
    profile.name = "nobody-" + std::to_string(invented_count_++);
    profile.instance = random_.next() | 1U;
    profile.endpoint = endpoint_of(kNowhere - static_cast<AddressId>(invented_count_ % 1024));
    return profile;
}

void Hostile::say(ProcessId to, Bytes bytes) {
    said_bytes_ += bytes.size();
    const MemberView view = world_.engine(to).self();
    world_.say(self_, world_.pool()[view.profile].endpoint, bytes);
}

void Hostile::blow(Campaign& campaign, const std::vector<Mark>& marks) {
    const Mark& about = any(marks);
    const Mark& to = any(marks);
    Claim claim = about.view.claim;
    switch (campaign.act) {
        case HostileAct::ForgedSuspicions:
            suspect(marks);
            return;
        case HostileAct::ForgedDeaths:
            accuse_dead(marks);
            return;
        case HostileAct::ForgedLeaves:
            claim.state = MemberState::Left;
            claim_about(about, claim, about.profile, to);
            return;
        case HostileAct::ForgedLives: {
            Profile elsewhere = about.profile;
            elsewhere.endpoint = endpoint_of(kNowhere);
            claim.state = MemberState::Alive;
            claim.incarnation += 1 + static_cast<std::uint32_t>(random_.below(1000));
            claim_about(about, claim, elsewhere, to);
            return;
        }
        case HostileAct::HugeNumbers:
            say_huge(marks);
            return;
        case HostileAct::NameTheft:
            steal_name(marks);
            return;
        case HostileAct::FalseRefusals:
            refuse(marks);
            return;
        case HostileAct::Replay:
            replay(campaign);
            return;
        case HostileAct::Garbage:
            garble(marks);
            return;
        case HostileAct::Mutilation:
            mutilate();
            return;
        case HostileAct::Flood:
            flood(marks);
            return;
        case HostileAct::Amplification:
            ask_for_much(marks);
            return;
        case HostileAct::MadeUpMembers:
            join(invented(), 1, to);
            return;
    }
}

// Evidence in the names of up to four members, and the claim that the baselines believe.
void Hostile::suspect(const std::vector<Mark>& marks) {
    const Mark& about = any(marks);
    for (std::size_t i = 0; i < std::min<std::size_t>(4, marks.size()); ++i) {
        scratch_.clear();
        forge_suspicion(in_the_name_of(any(marks)), about.profile.name, about.view.claim, scratch_);
        say(any(marks).process, scratch_);
    }
    Claim claim = about.view.claim;
    claim.state = MemberState::Suspect;
    claim.incarnation += static_cast<std::uint32_t>(random_.below(3));
    claim_about(about, claim, about.profile, any(marks));
}

void Hostile::accuse_dead(const std::vector<Mark>& marks) {
    const Mark& about = any(marks);
    ForgedUpdate update;
    update.profile = about.profile;
    update.claim = about.view.claim;
    update.claim.state = MemberState::Dead;
    for (std::size_t i = 0; i < std::min(kAccuserCountMax, marks.size()); ++i) {
        update.accusers.push_back(marks[(i + blows_) % marks.size()].profile.name);
    }
    scratch_.clear();
    forge_gossip(in_the_name_of(any(marks)), update, scratch_);
    say(any(marks).process, scratch_);
}

void Hostile::claim_about(const Mark& about, Claim claim, const Profile& profile, const Mark& to) {
    ForgedUpdate update;
    update.profile = profile;
    update.claim = claim;
    update.accusers = {about.profile.name};
    scratch_.clear();
    forge_gossip(in_the_name_of(about), update, scratch_);
    say(to.process, scratch_);
}

void Hostile::say_huge(const std::vector<Mark>& marks) {
    const Mark& about = any(marks);
    Claim claim = about.view.claim;
    constexpr std::array kStates{MemberState::Alive, MemberState::Suspect, MemberState::Dead,
                                 MemberState::Left};
    claim.state = kStates[random_.below(kStates.size())];
    Profile profile = about.profile;
    switch (random_.below(5)) {
        case 0:
            claim.incarnation = kIncarnationMax;
            break;
        case 1:
            claim.incarnation += kIncarnationJumpMax;
            break;
        case 2:
            claim.generation = kGenerationMax;
            break;
        case 3:
            claim.generation = kGenerationMax - 1;
            profile.instance = claim.instance = random_.next() | 1U;
            break;
        default:
            claim.generation += 1 + random_.below(1000);
            claim.incarnation = kIncarnationMax - 1;
            profile.instance = claim.instance = random_.next() | 1U;
            break;
    }
    claim_about(about, claim, profile, any(marks));
}

// As a newcomer at our own address, which the seeds should refuse; and as if it were known there.
// We never answer in that name.
void Hostile::steal_name(const std::vector<Mark>& marks) {
    const Mark& about = any(marks);
    Profile thief = about.profile;
    thief.instance = random_.next() | 1U;
    thief.endpoint = endpoint_of(address_);
    if (random_.chance(0.5)) {
        join(thief, about.view.claim.generation + 1000, any(marks));
        return;
    }
    Claim claim;
    claim.instance = thief.instance;
    claim.generation = about.view.claim.generation + 1;
    claim_about(about, claim, thief, any(marks));
}

void Hostile::refuse(const std::vector<Mark>& marks) {
    constexpr std::array kNumbers{std::uint64_t{0}, kGenerationMax - 1, kGenerationMax,
                                  ~std::uint64_t{0}};
    scratch_.clear();
    Refuse refusal;
    refusal.version = 1 + random_.below(2);
    refusal.code = static_cast<RefuseCode>(1 + random_.below(6));  // the last is no known one
    refusal.number = kNumbers[random_.below(kNumbers.size())];
    refusal.cluster = world_.options().engine.cluster;
    refusal.reason = "go away";
    Encoder(scratch_).refuse(refusal);
    say(any(marks).process, scratch_);
}

void Hostile::join(const Profile& profile, std::uint64_t generation, const Mark& to) {
    scratch_.clear();
    forge_join(profile, generation, world_.options().engine.cluster, scratch_);
    say(to.process, scratch_);
}

// All that was said up to ten times the time since the beginning, each to whom it was said.
void Hostile::replay(Campaign& campaign) {
    const PacketRecorder* recorder = world_.recorder();
    if (recorder == nullptr || recorder->size() == 0) {
        return;
    }
    const Instant horizon = (*recorder)[0].at + (world_.now() - campaign.began) * kReplayedFaster;
    // What is delivered now would be recorded and said again for ever.
    while (campaign.replayed < recorder->size()) {
        const RecordedPacket& packet = (*recorder)[campaign.replayed];
        if (packet.at > horizon || packet.at >= campaign.began) {
            return;
        }
        ++campaign.replayed;
        if (world_.life(packet.to) != Life::Absent && !world_.is_outsider(packet.to)) {
            scratch_ = packet.bytes;
            say(packet.to, scratch_);
        }
    }
}

void Hostile::garble(const std::vector<Mark>& marks) {
    constexpr std::array<std::uint64_t, 4> kSizes{8, 64, 1200, 70'000};
    scratch_.resize(random_.below(kSizes[random_.below(kSizes.size())]));
    for (std::uint8_t& byte : scratch_) {
        byte = static_cast<std::uint8_t>(random_.next());
    }
    if (scratch_.size() > 2 && random_.chance(0.5)) {
        scratch_[0] = 0x9b;  // an array of eleven, of version 1
        scratch_[1] = 0x01;
    }
    say(any(marks).process, scratch_);
}

void Hostile::mutilate() {
    const PacketRecorder* recorder = world_.recorder();
    if (recorder == nullptr || recorder->size() == 0) {
        return;
    }
    const RecordedPacket& packet = (*recorder)[random_.below(recorder->size())];
    scratch_ = packet.bytes;
    if (scratch_.empty() || world_.life(packet.to) == Life::Absent ||
        world_.is_outsider(packet.to)) {
        return;
    }
    if (random_.chance(0.3)) {
        scratch_.resize(random_.below(scratch_.size()));
    }
    for (std::uint64_t flips = random_.below(4); flips > 0 && !scratch_.empty(); --flips) {
        const std::uint64_t bit = random_.below(scratch_.size() * 8);
        scratch_[bit / 8] = static_cast<std::uint8_t>(scratch_[bit / 8] ^ (1U << (bit % 8)));
    }
    say(packet.to, scratch_);
}

void Hostile::flood(const std::vector<Mark>& marks) {
    const Mark& to = any(marks);
    for (int i = 0; i < kPingsABlow; ++i) {
        scratch_.clear();
        const auto sequence = static_cast<std::uint32_t>(random_.next());
        Encoder(scratch_).ping(in_the_name_of(any(marks)), {sequence, true}, 0);
        say(to.process, scratch_);
    }
}

// An empty listing of all keys asks for every record; so does a join, with it.
void Hostile::ask_for_much(const std::vector<Mark>& marks) {
    scratch_.clear();
    forge_request_for_all(in_the_name_of(any(marks)), scratch_);
    say(any(marks).process, scratch_);
}

}  // namespace memberd::sim
