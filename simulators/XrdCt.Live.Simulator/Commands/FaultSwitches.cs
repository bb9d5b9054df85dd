using System.CommandLine;
using XrdCt.Live.Simulator.Streaming;

namespace XrdCt.Live.Simulator.Commands;

/// <summary>Options that make things go wrong, for tests of the receiver.</summary>
internal sealed class FaultSwitches
{
    private readonly Option<double> _drop_percent = new("--drop")
    {
        Description = "Never send so many percent of the frames",
    };

    private readonly Option<double> _repeat_percent = new("--repeat")
    {
        Description = "Send so many percent of the frames twice",
    };

    private readonly Option<int> _shuffle = new("--shuffle")
    {
        Description = "Send frames up to so many places out of order",
    };

    private readonly Option<int?> _truncate = new("--truncate-frame")
    {
        Description = "Send the frame of this index with half of its compressed bytes",
    };

    private readonly Option<int?> _wrongSize = new("--wrong-size-frame")
    {
        Description = "Send the frame of this index with half of its rows",
    };

    private readonly Option<int?> _secondHeader = new("--second-header-at")
    {
        Description =
            "Before the frame of this index, send a start message of the next series; the images go on with the first",
    };

    public IEnumerable<Option> All =>
        [_drop_percent, _repeat_percent, _shuffle, _truncate, _wrongSize, _secondHeader];

    public FaultOptions Options(ParseResult result) => new()
    {
        Drop_percent = result.GetValue(_drop_percent),
        Repeat_percent = result.GetValue(_repeat_percent),
        ShuffleWindow = result.GetValue(_shuffle),
        TruncateFrame = result.GetValue(_truncate),
        WrongSizeFrame = result.GetValue(_wrongSize),
        SecondHeaderAt = result.GetValue(_secondHeader),
    };
}
