namespace XrdCt.Live.Server.Conversion;

/// <summary>Where converted frames go. Disposed before it is finished, it leaves nothing that looks whole.</summary>
internal interface IFrameOutput : IDisposable
{
    /// <summary>Takes one frame; each index once, in any order.</summary>
    void Write(in ConvertedFrame frame);

    /// <summary>Completes what was written.</summary>
    /// <param name="missing">Indices that did not come.</param>
    void Finish(IReadOnlyList<int> missing);
}
