#pragma once

namespace hotloop::cupti {

// Version of the driver, and of the CUDA that it offers, for the run's meta table. Not to be called
// from CUPTI's callbacks or while CUDA initialises.
void writeDriverFacts() noexcept;

} // namespace hotloop::cupti
