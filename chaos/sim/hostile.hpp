// A scripted hostile process: no engine, but it knows who is a member, with which numbers, and what
// was said; and it can speak in anybody's name (faults F27 to F29).
//
// What must hold whatever it does: nobody crashes, nothing grows without bound, and some seconds
// after it has stopped all healthy members show one another as alive. Without keys it can't be kept
// from lying about others meanwhile, where PROTOCOL.md has members believe one another; nor from
// living in the name of another, if it answers in that name for good.
//
// Thread rule: one thread. Complexity: a blow costs O(members + bytes).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chaos/sim/world.hpp"

namespace memberd::sim {

enum class HostileAct : std::uint8_t {
    ForgedSuspicions,  // evidence and claims of suspicion, in the names of members
    ForgedDeaths,      // deaths with numbers that are right and accusers that live
    ForgedLeaves,
    ForgedLives,    // other profiles in the names of members, the dead raised
    HugeNumbers,    // incarnations and generations at the limits and far above what is held
    NameTheft,      // joins in the names of living members, and claims that they live elsewhere
    FalseRefusals,  // refusals of every kind, to those who never asked
    Replay,         // what was recorded, in its order and ten times as fast as it was said
    Garbage,        // random bytes
    Mutilation,     // what was recorded, cut short or with flipped bits
    Flood,          // valid pings, a hundred at a blow
    Amplification,  // short requests for long answers
    MadeUpMembers,  // endless names that nobody ever had
};

std::span<const HostileAct> hostile_acts();
std::string_view to_string(HostileAct act);
std::optional<HostileAct> parse_hostile_act(std::string_view text);

class Hostile {
  public:
    // `self` is an outsider of that world (see World::start_outsider) that listens at `address`;
    // what it hears must be handed to heard(). The world must outlive this.
    Hostile(World& world, ProcessId self, AddressId address, std::uint64_t seed);

    // Strikes `per_second` times a second for that long, from now on, beside what it does already.
    // `targets` are whom it strikes at and in whose names it speaks.
    void begin(HostileAct act, std::vector<ProcessId> targets, Duration length, double per_second);

    void heard(ReplyToken token, Bytes bytes);

    [[nodiscard]] std::uint64_t blows() const { return blows_; }

    [[nodiscard]] std::uint64_t said_bytes() const { return said_bytes_; }

    [[nodiscard]] std::uint64_t heard_bytes() const { return heard_bytes_; }

  private:
    // What it knows of one target.
    struct Mark {
        ProcessId process = kNone;
        MemberView view;
        Profile profile;
    };

    struct Campaign {
        HostileAct act = HostileAct::Garbage;
        std::vector<ProcessId> targets;
        Instant until;
        Duration pause{};
        std::size_t replayed = 0;  // of the recorded packets
        Instant began;
    };

    void strike(std::size_t campaign);
    void blow(Campaign& campaign, const std::vector<Mark>& marks);
    [[nodiscard]] std::vector<Mark> look(const std::vector<ProcessId>& targets) const;
    const Mark& any(const std::vector<Mark>& marks);
    [[nodiscard]] Envelope in_the_name_of(const Mark& mark) const;
    Profile invented();

    void suspect(const std::vector<Mark>& marks);
    void accuse_dead(const std::vector<Mark>& marks);
    void claim_about(const Mark& about, Claim claim, const Profile& profile, const Mark& to);
    void say_huge(const std::vector<Mark>& marks);
    void steal_name(const std::vector<Mark>& marks);
    void refuse(const std::vector<Mark>& marks);
    void join(const Profile& profile, std::uint64_t generation, const Mark& to);
    void replay(Campaign& campaign);
    void garble(const std::vector<Mark>& marks);
    void mutilate();
    void flood(const std::vector<Mark>& marks);
    void ask_for_much(const std::vector<Mark>& marks);
    void say(ProcessId to, Bytes bytes);

    World& world_;
    ProcessId self_;
    AddressId address_;
    Random random_;
    std::vector<Campaign> campaigns_;
    std::vector<std::uint8_t> scratch_;
    std::uint64_t invented_count_ = 0;
    std::uint64_t blows_ = 0;
    std::uint64_t said_bytes_ = 0;
    std::uint64_t heard_bytes_ = 0;
};

}  // namespace memberd::sim
