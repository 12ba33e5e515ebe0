// What B and C get within chunks, all sizes any numbers.
#import "BC_one.wgsl"
#import "put5_one.wgsl"
#import "back_BC.wgsl"
#import "tile.wgsl"
