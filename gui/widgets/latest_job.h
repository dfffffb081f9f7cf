#pragma once

#include <QObject>
#include <QPointer>
#include <functional>
#include <memory>
#include <stop_token>
#include <utility>

namespace hotloop::gui {

// Work of a widget on another thread, of which only what was asked for last matters: results of
// earlier work, and any result once the widget is gone, are dropped. Lives on the window's thread.
class LatestJob : public QObject {
public:
  // `immediate`: there is no event loop to wait in (a picture), so start() does the work itself.
  LatestJob(QObject *owner, bool immediate);
  ~LatestJob() override;

  // `work(std::stop_token)` on a thread of the pool, which must hold what it reads; then
  // `done(result)` on the window's thread. The token tells that nobody waits any more.
  template <class Work, class Done> void start(Work work, Done done);
  void drop(); // of what was started nothing arrives any more
  bool isBusy() const { return busy_; }

  // Called when a result is not there soon enough to be waited for in silence.
  std::function<void()> slow;

private:
  void begin();
  static void onPool(std::function<void()> work);
  static void onWindow(std::function<void()> work);

  std::stop_source stop_;
  bool immediate_;
  bool busy_ = false;
};

template <class Work, class Done> void LatestJob::start(Work work, Done done) {
  drop();
  if (immediate_) {
    done(work(stop_.get_token()));
    return;
  }
  begin();
  onPool([work = std::move(work), done = std::move(done), token = stop_.get_token(),
          job = QPointer<LatestJob>(this)]() mutable {
    if (token.stop_requested()) return;
    auto result = std::make_shared<decltype(work(token))>(work(token));
    onWindow([result, done = std::move(done), token, job]() mutable {
      if (job == nullptr || token.stop_requested()) return;
      job->busy_ = false;
      done(std::move(*result));
    });
  });
}

} // namespace hotloop::gui
