// A simulated cluster in the words of tests and scenarios: kill, pause, cut, heal, lose, restart,
// expect everywhere.
//
// Members are numbered from 0 in the order in which they were added and keep their number over
// restarts. Names are m0000, m0001, ...; zones z0, z1, ... in turn. Nothing happens between calls
// of the run_* functions: faults take effect at the present instant.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chaos/sim/hostile.hpp"
#include "chaos/sim/world.hpp"

namespace memberd::sim {

using Member = ProcessId;

enum class StartMode : std::uint8_t {
    OneByOne,   // each joins by the seed `start_interval` after the one before
    AllAtOnce,  // all at the same instant, by the seed
    Restored,   // everybody knows everybody from the first instant
};

// In the order in which a reader asks, not of size: there is one of a cluster.
struct ClusterOptions {  // NOLINT(clang-analyzer-optin.performance.Padding)
    std::size_t n = 3;
    std::vector<Member> absent;  // of these n, ascending: they keep their numbers but never start
    std::uint64_t seed = 1;
    Mode mode = Mode::Memberd;
    Timing timing = timing_of(TimingProfile::Lan);
    Carrying carrying = Carrying::Stream;
    Conditions network;
    StartMode start = StartMode::Restored;
    Duration start_interval = std::chrono::milliseconds(100);
    std::size_t seed_count = 1;  // members 0, 1, ... are the seeds of all
    std::uint32_t zone_count = 1;
    std::map<Member, std::int32_t> drifts;  // of clocks, in parts in a million
    Checks checks = Checks::On;
    // What is kept for and by processes that don't receive or can't send.
    std::size_t receive_buffer_bytes = std::size_t{1} << 20U;
    std::size_t send_buffer_bytes = std::size_t{1} << 20U;
    std::size_t flight_recorder_entries = 0;  // of each engine
    std::string replay;                       // how to see the same run again, for messages
};

// What a member finds in its data directory at a restart. Only a lost one lets it look at the wall
// clock, unlike the agent, which never starts below it: so the clock hides no fault here.
enum class DataDirectory : std::uint8_t {
    Kept,
    Lost,   // the generation comes from the wall clock, the known addresses are gone
    Stale,  // a restored snapshot: as the run before the last left it
};

enum class Address : std::uint8_t {
    Same,
    New,
};

struct NewMember {
    std::string name;                // empty: the next of ours
    std::string cluster;             // empty: ours; else a stranger, see is_ours()
    std::optional<Member> moves_in;  // takes the address of that one, which doesn't run any more
    std::vector<Member> seeds = {0};
    std::optional<std::uint32_t> zone;  // nothing: in turn
    std::uint64_t generation = 1;
    std::int32_t drift_ppm = 0;
    Dialect dialect = Dialect::Ours;  // of the next version: a stranger too
};

class Cluster {
  public:
    explicit Cluster(ClusterOptions options);

    // --- Members ---

    Member add(const NewMember& wanted = {});

    // A number, name and address for who starts later, with restart().
    Member reserve(const NewMember& wanted) { return seat(wanted); }

    void kill(Member member);
    void power_off(Member member);
    void pause(Member member);
    void resume(Member member);
    void pause_for(Member member, Duration length);
    void block(Member member, Blocking what = Blocking::Both);
    void unblock(Member member);
    // Its work takes time from now on; without limits as little as before.
    void slow(Member member, const CpuLimits& limits);

    void quicken(Member member) { slow(member, {}); }

    // Both end the process when others have acknowledged it, or after the timing's limit.
    void leave(Member member);
    void announce_restart(Member member);
    // Requires that it doesn't run.
    void restart(Member member,
                 DataDirectory directory = DataDirectory::Kept,
                 Address address = Address::Same);
    // It speaks that from its next start on.
    void change_dialect(Member member, Dialect dialect);
    // A second process of the same name at an address of its own, from a copy of the disk.
    Member clone(Member member);
    // Each starts next where the other was. Requires that neither runs.
    void swap_addresses(Member a, Member b);
    // All of ours, at once; says who they were.
    std::vector<Member> kill_all();
    // Each at a random time of that span, so in random order, without its data directory with that
    // probability.
    void restart_all(std::span<const Member> members, Duration span, double lost_share);
    // Only generations of lost data directories come from the wall clock.
    void jump_wall_clock(Member member, std::int64_t seconds);
    // Takes a dead member out of every view, by the word of `by`. False if it doesn't hold it dead.
    bool forget(Member by, Member member);
    // The names of those that `by` asks for evidence about the member; see World::ask_evidence.
    std::vector<std::string> ask_evidence(Member by, Member member, std::uint64_t cookie);
    void set_tag(Member member, std::string_view key, std::string_view value);

    // A process that is no member and has no engine, at an address of its own; see attack().
    Member add_hostile();
    // Against all of ours that run then.
    void attack(Member hostile, HostileAct act, Duration length, double per_second);
    // The latest messages are kept from now on, for replays and mutilations.
    void record_packets(std::size_t count_max);

    // --- Network ---

    void cut(Member a, Member b);
    void cut_one_way(Member from, Member to);
    void cut_ingress(Member member);  // it hears nobody
    void cut_egress(Member member);   // nobody hears it
    // The groups can't reach one another. Members in no group form one together.
    void partition(const std::vector<std::vector<Member>>& groups);
    // Ends everything that was done to single members and pairs.
    void heal();
    void lose(double probability);  // everywhere, each way
    void lose_egress(Member member, double probability);
    void lose_ingress(Member member, double probability);
    void delay(Duration one_way, Duration jitter_mean);

    // --- Time ---

    [[nodiscard]] Instant now() const { return world_.now(); }

    [[nodiscard]] Duration elapsed() const { return now() - kBeginning; }

    void run_for(Duration length);
    // True as soon as the condition holds; it is looked at every `step`. False at the limit and
    // after a broken invariant.
    bool run_until(const std::function<bool()>& condition,
                   Duration limit,
                   Duration step = std::chrono::milliseconds(10));

    // --- Questions about now ---

    [[nodiscard]] bool is_up(Member member) const { return world_.life(member) == Life::Up; }

    // A member of this cluster: neither of another one, nor of another version, nor hostile.
    [[nodiscard]] bool is_ours(Member member) const { return members_[member].is_ours; }

    // Those of ours that run and don't stand still.
    [[nodiscard]] std::vector<Member> up() const;

    [[nodiscard]] std::size_t size() const { return members_.size(); }

    [[nodiscard]] const std::string& name(Member member) const { return members_[member].name; }

    [[nodiscard]] Endpoint endpoint(Member member) const;

    [[nodiscard]] const Engine& engine(Member member) const { return world_.engine(member); }

    [[nodiscard]] std::optional<MemberState> state(Member observer, Member member) const;
    // All that are up, the member itself left out, show it so.
    [[nodiscard]] bool everywhere(Member member, MemberState state) const;
    // All that are up show one another as alive, whoever else they may show.
    [[nodiscard]] bool all_live_everywhere() const;
    // Everybody that is up shows exactly those as alive, and nobody else as alive or suspect.
    [[nodiscard]] bool all_see_all() const;
    [[nodiscard]] bool views_equal() const;
    [[nodiscard]] bool ring_digests_equal() const;
    // Runs until everywhere(), at most for `within`.
    bool expect_everywhere(Member member, MemberState state, Duration within);

    // --- Questions about the past ---

    [[nodiscard]] const std::vector<Death>& deaths() const { return world_.history().deaths; }

    // Deaths of this member, by distinct observers.
    [[nodiscard]] std::size_t death_count(Member member) const;
    // Deaths of anybody but these.
    [[nodiscard]] std::size_t deaths_except(std::span<const Member> members) const;
    // Nothing while nobody shows it dead.
    [[nodiscard]] std::optional<Instant> first_death(Member member, Instant since) const;
    [[nodiscard]] std::optional<Instant> last_death(Member member) const;

    [[nodiscard]] const History& history() const { return world_.history(); }

    [[nodiscard]] const std::vector<Violation>& violations() const { return world_.violations(); }

    [[nodiscard]] const Hostile& hostile(Member member) const { return *members_[member].hostile; }

    // If an invariant was broken, one line that says which, when and how to see the run again; then
    // who disagrees about whom, and the line again.
    [[nodiscard]] std::string explain() const;

    [[nodiscard]] std::uint64_t trace_hash() const { return world_.trace_hash(); }

    [[nodiscard]] World& world() { return world_; }

    [[nodiscard]] const World& world() const { return world_; }

    [[nodiscard]] const ClusterOptions& options() const { return options_; }

  private:
    // What a data directory remembers.
    struct Disk {
        std::uint64_t generation = 0;  // of the last run
        std::vector<Endpoint> known;
    };

    struct Seat {
        std::string name;
        std::string cluster;
        bool is_ours = true;
        AddressId address = 0;
        std::uint32_t zone = 0;
        std::int32_t drift_ppm = 0;
        Dialect dialect = Dialect::Ours;
        std::int64_t wall_offset_s = 0;
        std::vector<Endpoint> seeds;
        Disk disk;
        Disk before;  // as the run before the last left it
        std::unique_ptr<Hostile> hostile;
    };

    Member seat(const NewMember& wanted);
    void start(Member member, std::uint64_t generation);
    void restore_all();
    void save(Member member);
    [[nodiscard]] std::uint64_t wall_seconds(Member member) const;
    [[nodiscard]] bool is_absent(Member member) const;

    ClusterOptions options_;
    World world_;
    std::vector<Seat> members_;
    AddressId next_address_ = 0;
    bool is_restoring_ = false;
};

}  // namespace memberd::sim
