// Where the kernel of native/pdq/pdq.hpp is served; `native/wasm/build.py` makes the file.
import url from '../../public-build/pdq.wasm?url';

export default url;
