#include "core/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>

namespace godwit::core {
namespace {

TEST(WorkerPool, DoesEverythingThatWasSubmittedBeforeItEnds) {
    std::atomic<int> done = 0;
    {
        WorkerPool pool(3);
        for (int i = 0; i < 100; ++i)
            pool.submit([&done] { ++done; });
    }
    EXPECT_EQ(done, 100);
}

TEST(WorkerPool, KnowsHowManyMoreTasksWouldStartAtOnce) {
    std::barrier begun(3);
    std::barrier end(3);
    WorkerPool pool(2);
    EXPECT_EQ(pool.idle(), 2U);
    for (int i = 0; i < 2; ++i)
        pool.submit([&] {
            begun.arrive_and_wait();
            end.arrive_and_wait();
        });
    begun.arrive_and_wait(); // both run at once
    EXPECT_EQ(pool.idle(), 0U);
    pool.submit([] {});
    EXPECT_EQ(pool.idle(), 0U);
    end.arrive_and_wait();
}

TEST(WorkerPool, WithoutThreadsHasNoRoom) { EXPECT_EQ(WorkerPool(0).idle(), 0U); }

} // namespace
} // namespace godwit::core
