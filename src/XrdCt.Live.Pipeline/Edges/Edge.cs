using System.Threading.Channels;

namespace XrdCt.Live.Pipeline.Edges;

/// <summary>One edge of the graph: a bounded channel with a name, a size and a policy.</summary>
/// <param name="Name">What travels.</param>
/// <param name="From">Stage that writes.</param>
/// <param name="To">Stage that reads.</param>
/// <param name="Capacity">Most items that wait in it.</param>
/// <param name="BytesPerItem">Memory of an item, bytes, of a Pilatus 2M frame and 2,048 bins.</param>
/// <param name="Policy">What happens when it is full.</param>
public sealed record Edge(string Name, string From, string To, int Capacity, int BytesPerItem, EdgePolicy Policy)
{
    /// <summary>Memory of the full edge, bytes.</summary>
    public long Bytes => (long)Capacity * BytesPerItem;

    /// <summary>Makes the channel.</summary>
    /// <param name="singleWriter">Only one writer at a time.</param>
    /// <param name="singleReader">Only one reader at a time.</param>
    public Channel<T> Create<T>(bool singleWriter, bool singleReader) => Channel.CreateBounded<T>(
        new BoundedChannelOptions(Capacity)
        {
            FullMode = Policy == EdgePolicy.Wait ? BoundedChannelFullMode.Wait : BoundedChannelFullMode.DropOldest,
            SingleWriter = singleWriter,
            SingleReader = singleReader,
        });
}
