#include "image/modules.h"
