namespace XrdCt.Live.Model.Readings;

/// <summary>By what readings find their frames.</summary>
public enum ReadingKey
{
    /// <summary>By the index of the frame, which the trigger counts for all.</summary>
    Index,

    /// <summary>By time: between two readings the value is the straight line.</summary>
    Time,
}
