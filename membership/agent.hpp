// One running agent: the loop that owns the engine, the transport and the local sockets.
//
// One thread owns all state and waits for everything at once. A turn of the loop: read the clock,
// take what has arrived (messages with a budget), fire timers, carry out what the engine wants
// done, publish. Nothing in it waits, except the rare save of the state file for the disk.
//
// The parts are in seven files: agent_start.cpp (from nothing to serving), agent.cpp (the loop and
// the engine's output), agent_seeds.cpp (finding the cluster), agent_settings.cpp (what is reloaded
// and what is saved), agent_control.cpp (ops that change something or take time), agent_why.cpp
// (the op that asks other members), agent_documents.cpp (ops that only look).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <spdlog/logger.h>

#include "detector/result.hpp"
#include "detector/time.hpp"
#include "gossip/engine.hpp"
#include "gossip/profile_pool.hpp"
#include "gossip/zmq_handles.hpp"
#include "gossip/zmq_resolver.hpp"
#include "gossip/zmq_transport.hpp"
#include "membership/config.hpp"
#include "membership/control_server.hpp"
#include "membership/evidence_document.hpp"
#include "membership/link_reports.hpp"
#include "membership/publisher.hpp"
#include "membership/recorder.hpp"
#include "membership/runtime_dir.hpp"
#include "membership/sd_notify.hpp"
#include "membership/seeds.hpp"
#include "membership/signals.hpp"
#include "membership/state_file.hpp"

namespace memberd {

// Chance comes from outside, so that only the program itself asks the machine for it.
struct Entropy {
    std::uint64_t instance = 0;  // not 0
    std::uint64_t engine_seed = 0;
    std::uint64_t epoch = 0;  // 1..local::kEpochMax
};

// Reads the configuration again, at SIGHUP.
using ReloadFunction = std::function<Result<AgentConfig>()>;

enum class ExitCode : std::uint8_t {
    LeftCleanly = 0,
    FailedRunning = 1,
    Usage = 2
};

// Bad input and a configuration that this machine can't serve are Usage; another process or the
// system in the way is FailedRunning.
ExitCode exit_code_of(const Error& error);

class Agent {
  public:
    // Everything is bound and locked when it returns, or given back. Blocks signals: no other
    // thread may run yet.
    static Result<std::unique_ptr<Agent>> create(const AgentConfig& config,
                                                 const Entropy& entropy,
                                                 ReloadFunction reload,
                                                 std::shared_ptr<spdlog::logger> log);

    // Serves until the agent has left or failed. Prints the line `memberd ready ...` on stdout once
    // all sockets serve.
    ExitCode run();

  private:
    struct Parts {
        Signals signals;
        RuntimeDir runtime_dir;
        std::optional<LockFile> data_lock;
        std::optional<StateFile> state_file;
        std::string state_error;
        SavedState state;
        ZmqContext context;
        std::unique_ptr<ZmqTransport> transport;
        Publisher publisher;
        ControlServer control;
        std::unique_ptr<Resolver> resolver;
    };

    struct PendingPing {
        Asker asker;
        std::string name;
        std::string address;
        Instant deadline;
    };

    struct PendingJoin {
        Asker asker;
        std::vector<HostPort> asked;
        std::vector<std::string> refused;  // sentences, each once
        Instant deadline;
    };

    // A question for evidence that waits for other members.
    struct PendingWhy {
        Asker asker;
        std::string name;
        std::vector<std::string> asked;
        std::vector<std::string> answered;
        std::vector<SourcedEvidence> evidence;  // of others
        Instant deadline;
    };

    // --- agent_start.cpp ---
    static Result<Parts> open_parts(const AgentConfig& config, Instant now, spdlog::logger& log);
    static Profile self_profile(const AgentConfig& config, const Parts& parts, const Entropy& e);
    Agent(const AgentConfig& config,
          const Entropy& entropy,
          ReloadFunction reload,
          std::shared_ptr<spdlog::logger> log,
          Parts parts,
          Instant now);
    void announce_ready();

    // --- agent.cpp ---
    [[nodiscard]] Instant next_deadline() const;
    void wait(Duration timeout);
    void turn(Instant planned);
    void recover_from_pause(Duration gap);
    void receive_messages();
    void serve_signals();
    void fire_timers();
    void finish_turn();
    void carry_out();
    void take_change(const Change& change);
    void take_notice(const Notice& notice);
    void note_link(const Notice& notice, LinkCondition condition);
    void forget_ended_link(const Change& change, const std::string& name);
    void announce_links();
    void begin_stop(bool is_leave);
    void end_leave(std::uint64_t acknowledged);
    void fail(const std::string& sentence);

    [[nodiscard]] const Endpoint& self_address() const { return self_address_; }

    // --- agent_seeds.cpp ---
    void contact_seeds();
    void serve_resolver();
    void say_if_alone();
    void take_refusal(const Notice& notice);
    [[nodiscard]] bool seeds_are_unanimous(const Notice& notice);
    [[nodiscard]] bool is_member(const Endpoint& endpoint) const;

    // --- agent_settings.cpp ---
    void reload_config();
    void apply_reloaded(const AgentConfig& config);
    void note_peers();
    void save_state();

    // --- agent_control.cpp ---
    void serve_control();
    void serve(const Asker& asker, const local::Request& request);
    bool serve_question(const Asker& asker, const local::Request& request);
    bool serve_command(const Asker& asker, const local::Request& request);
    void serve_ping(const Asker& asker, const Document& arguments);
    void serve_join(const Asker& asker, const Document& arguments);
    void serve_forget(const Asker& asker, const Document& arguments);
    void serve_tags(const Asker& asker, const Document& arguments, bool is_set);
    void finish_ping(const ProbeResult& result);
    void finish_joins();
    void expire_pings();

    // --- agent_why.cpp ---
    void serve_why(const Asker& asker, const Document& arguments);
    void take_evidence(EvidenceReply& reply);
    void finish_whys();
    void answer_why(const PendingWhy& why);

    // --- agent_documents.cpp ---
    [[nodiscard]] Document members_document() const;
    [[nodiscard]] Document info_document() const;
    [[nodiscard]] Document seeds_document() const;
    [[nodiscard]] Document counters_document() const;
    [[nodiscard]] Document transport_document() const;
    [[nodiscard]] Document ring_document() const;
    [[nodiscard]] Document tags_document() const;

    AgentConfig config_;
    ReloadFunction reload_;
    std::shared_ptr<spdlog::logger> log_;
    Parts parts_;
    ServiceNotifier service_;
    Endpoint self_address_;

    ProfilePool pool_;
    Engine engine_;
    Attributes attributes_;
    Seeds seeds_;
    Recorder recorder_;
    LinkReports links_;
    Output out_;
    std::vector<Event> events_;

    Instant now_;
    WallTime wall_;
    Instant started_;
    std::string started_text_;
    Instant next_heartbeat_;
    bool heartbeat_is_due_ = false;
    Instant next_save_;
    Instant next_alone_report_;
    Instant stop_at_ = kNever;  // the loop ends then; set when all is said
    Instant leave_deadline_ = kNever;
    bool is_stopping_ = false;
    bool has_joined_ = false;
    bool peers_changed_ = false;
    std::optional<ExitCode> exit_code_;
    std::uint64_t pause_count_ = 0;

    Instant refused_at_ = Instant::min();  // the first of a round of refusals by seeds
    std::size_t refused_count_ = 0;        // in that round
    std::string refusal_said_;
    Instant next_refusal_report_ = Instant::min();
    Instant next_stranger_report_ = Instant::min();
    std::map<std::uint64_t, PendingPing> pings_;
    std::uint64_t next_cookie_ = 1;
    std::map<std::uint64_t, PendingWhy> whys_;
    std::vector<PendingJoin> joins_;
    std::vector<Asker> leave_askers_;
};

}  // namespace memberd
